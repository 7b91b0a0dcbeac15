//! pie-robots
