module passerelle

go 1.19
