package org.dure.app.workload;

/// With what effort a region works here.
///
/// @param threads of libtorch, at least 1
/// @param pace of a rehearsal: how many times longer a local step takes here
public record Effort(int threads, double pace) {}
