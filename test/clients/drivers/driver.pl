# Drives the Perl client for the vectors: one JSON request a line in, one answer a line out.
use strict;
use warnings;
use JSON::PP ();
use lib $ARGV[0];
use Passerelle;
use Encode ();

my $json = JSON::PP->new->ascii;
$| = 1;

sub answer {
    my ($request) = @_;
    my $client = Passerelle->from_file($request->{file});
    my %call = %{ $request->{input} // {} };
    my $bytes = $request->{windows1252} // {};
    $call{$_} = Passerelle::Context::from_windows1252(pack 'H*', $bytes->{$_}) for keys %$bytes;
    my $op = $request->{op};
    return { value => Encode::decode('UTF-8', $client->context(\%call, $request->{now}, $request->{jti})) } if $op eq 'context';
    return { value => $client->sign(Encode::encode('UTF-8', $request->{text})) } if $op eq 'jws';
    return { value => $client->encrypt($request->{text}, $request->{key}) } if $op eq 'token';
    my $opened = $client->open(\%call);
    return { link => $opened->{link}, reference => $opened->{reference} };
}

while (my $line = <STDIN>) {
    my $answer = eval { answer($json->decode($line)) };
    if (my $error = $@) {
        die $error if ref $error ne 'Passerelle::Error';
        $answer = {%$error};
    }
    print $json->encode($answer), "\n";
}
