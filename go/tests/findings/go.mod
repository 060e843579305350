module findings

go 1.19
