@echo off
rem Compile appelctx.exe avec le compilateur de .NET Framework 4, present sur tout Windows : rien a telecharger. A lancer dans ce dossier, une fois, par l'administrateur.
setlocal
set CSC=%WINDIR%\Microsoft.NET\Framework64\v4.0.30319\csc.exe
if not exist "%CSC%" set CSC=%WINDIR%\Microsoft.NET\Framework\v4.0.30319\csc.exe
"%CSC%" /nologo /target:winexe /platform:anycpu /codepage:65001 /out:appelctx.exe *.cs ..\clients\csharp\*.cs
