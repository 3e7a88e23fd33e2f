package org.dure.federation.protocol;

import java.util.List;
import org.dure.core.DureException;
import org.dure.core.Json;
import org.dure.core.Json.Unwrapped;

/// Where the study stands for one region, as the hub tells it: always the whole picture, so that
/// nothing depends on what either side remembers of an earlier connection.
///
/// @param protocol see [Message#PROTOCOL]
/// @param study digest of the study
/// @param log the last event; ask for the state after it to wait for the next
/// @param trouble why the hub pauses, e.g. `DISK_FULL`; empty if it does not
public record StudyView(
    int protocol,
    String study,
    @Unwrapped LogHead log,
    @Unwrapped Progress progress,
    @Unwrapped Member member,
    @Unwrapped Lease lease,
    String trouble) {
  /// Where the study is.
  ///
  /// @param round the open or last round; 0 before the first
  /// @param layout digest of the layout of what travels
  /// @param weights digest of the [FragmentList] of the study's present weights
  /// @param prepares whether the study has a common preparation
  /// @param common digest of the [FragmentList] of its result; empty while there is none
  /// @param takenBack which rounds count no more
  public record Progress(
      Phase phase,
      int round,
      String layout,
      String weights,
      boolean prepares,
      String common,
      TakenBack takenBack) {
    /// How manieth of the rounds that count the open or last one is, from 1.
    public int place() {
      return takenBack.place(round);
    }
  }

  /// What the hub has of the region.
  ///
  /// @param joined whether the hub knows the region
  /// @param sequence of the region's last counted message
  /// @param delivered whether the region has done its part of the present phase or round
  /// @param counted the newest round that a counted contribution of the region started from
  /// @param spentSteps local steps that the region has told of documents with
  /// @param spentDelta digest of the list of the delta with which it said so last; empty for none
  /// @param exportLog how much of the region's export log the hub has heard of
  public record Member(
      boolean joined,
      long sequence,
      boolean delivered,
      int counted,
      long spentSteps,
      String spentDelta,
      @Unwrapped ExportHead exportLog) {}

  /// Who is here.
  ///
  /// @param epoch how often who is present has changed
  /// @param present the regions that the hub counts as present, sorted
  /// @param leaseUntil until when the hub counts the region as present, by the hub's clock
  /// @param now the hub's clock, milliseconds since 1970 UTC
  public record Lease(long epoch, List<String> present, long leaseUntil, long now) {
    public Lease {
      present = List.copyOf(present);
    }
  }

  /// Of a hub that speaks another protocol only its number is known.
  ///
  /// @throws DureException with [org.dure.core.ErrorCode#INPUT_MALFORMED] if this is none
  public static StudyView parse(byte[] json) {
    try {
      return Json.read(json, StudyView.class);
    } catch (DureException e) {
      if (Json.object(json).get("protocol") instanceof Integer other && other != Message.PROTOCOL) {
        return ofProtocol(other);
      }
      throw e;
    }
  }

  private static StudyView ofProtocol(int protocol) {
    return new StudyView(
        protocol,
        "",
        LogHead.NONE,
        new Progress(Phase.WAITING, 0, "", "", false, "", TakenBack.NONE),
        new Member(false, 0, false, 0, 0, "", ExportHead.NONE),
        new Lease(0, List.of(), 0, 0),
        "");
  }
}
