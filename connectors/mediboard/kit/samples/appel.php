<?php
require 'Passerelle.php';

// Utilisateur de la session du serveur, jamais de la page.
$lien = Passerelle\Passerelle::fromFile('reglages/passerelle.json')->open([
    'login' => $session->login, 'rpps' => $session->rpps, 'profile' => $session->profil,
    'authenticationMethod' => 'password', 'authenticationTime' => $session->ouverteLe,
    'action' => 'open',
    'birthName' => $patient->nomNaissance, 'firstGivenName' => $patient->prenom,
    'birthDate' => $patient->naissance, 'sex' => $patient->sexe,
    'ipp' => $patient->ipp, 'ippNamespace' => '{{site}}',
]);
header('Location: ' . $lien['link'], true, 303);
