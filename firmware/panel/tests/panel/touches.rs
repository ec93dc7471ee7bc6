//! Touches on the screens as they are drawn, and the commands that come out.
