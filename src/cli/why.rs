//! `why`: why the fix works.

use super::Session;
use super::args::WhyArgs;
use super::failure::Failure;
use super::{exit, pick};

pub(crate) fn why(session: &mut Session<'_>, args: &WhyArgs) -> Result<u8, Failure> {
    let kernel = pick::one(session.catalogue, &args.kernel)?;
    writeln!(session.out, "{}: {}", kernel.name, kernel.upstream)?;
    writeln!(session.out, "  class      {}", kernel.class)?;
    writeln!(session.out, "  mechanism  {}", kernel.mechanism)?;
    writeln!(session.out, "  fix        {}", kernel.fix)?;
    writeln!(session.out, "  bound      {}", kernel.bound)?;
    Ok(exit::AS_EXPECTED)
}
