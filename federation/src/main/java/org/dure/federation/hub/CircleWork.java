package org.dure.federation.hub;

import java.util.SortedSet;
import org.dure.federation.log.Event;
import org.dure.federation.merge.Judge;

/// What a merge does for one circle.
///
/// @param circle its name
/// @param before where it stands
/// @param regions whose contributions it takes, sorted; none where too few have contributed
/// @param past what their deltas are held against
record CircleWork(
    String circle, Event.Standing before, SortedSet<String> regions, Judge.Past past) {}
