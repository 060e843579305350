module bubbles

go 1.19
