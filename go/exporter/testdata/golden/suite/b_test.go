package suite_test

import (
	"testing"

	"example.com/golden/suite"
)

func TestOutside(t *testing.T) {
	defer t.Cleanup(func() {})
	suite.Wait()
}
