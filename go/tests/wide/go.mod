module wide

go 1.19
