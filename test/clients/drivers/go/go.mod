module driver

go 1.19

require passerelle v0.0.0

replace passerelle => ../../../../plugins/app-contextual-call/clients/go
