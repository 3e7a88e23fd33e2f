package org.dure.federation;

/// Where the study stands for one region, as the hub tells it: always the whole picture, so that
/// nothing depends on what either side remembers of an earlier connection.
///
/// @param protocol see [Message#PROTOCOL]
/// @param study digest of the study
/// @param number of the last event; ask for the state after it to wait for the next
/// @param phase of the study
/// @param round the open or last round; 0 before the first
/// @param layout digest of the layout of what travels
/// @param weights digest of the [FragmentList] of the study's present weights
/// @param prepares whether the study has a common preparation
/// @param common digest of the [FragmentList] of its result; empty while there is none
/// @param joined whether the hub knows the region
/// @param sequence of the region's last counted message
/// @param delivered whether the region has done its part of the present phase or round
/// @param leaseUntil until when the hub counts the region as present, by the hub's clock
/// @param now the hub's clock, milliseconds since 1970 UTC
record Standing(
    int protocol,
    String study,
    long number,
    StudyStatus.Phase phase,
    int round,
    String layout,
    String weights,
    boolean prepares,
    String common,
    boolean joined,
    long sequence,
    boolean delivered,
    long leaseUntil,
    long now) {}
