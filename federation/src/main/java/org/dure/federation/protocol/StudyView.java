package org.dure.federation.protocol;

import java.util.List;
import java.util.Objects;
import org.dure.core.DureException;
import org.dure.core.Json;
import org.dure.core.Sha256;

/// Where the study stands for one region, as the hub tells it: always the whole picture, so that
/// nothing depends on what either side remembers of an earlier connection.
///
/// @param protocol see [Message#PROTOCOL]
/// @param study digest of the study
/// @param number of the last event; ask for the state after it to wait for the next
/// @param head digest of the last event
/// @param proof by which the hub knows later that it has said so, see the package of the hub
/// @param phase of the study
/// @param round the open or last round; 0 before the first
/// @param layout digest of the layout of what travels
/// @param weights digest of the [FragmentList] of the study's present weights
/// @param prepares whether the study has a common preparation
/// @param common digest of the [FragmentList] of its result; empty while there is none
/// @param joined whether the hub knows the region
/// @param sequence of the region's last counted message
/// @param delivered whether the region has done its part of the present phase or round
/// @param counted the newest round that a counted contribution of the region started from
/// @param exports how many lines of the region's export log the hub has heard of
/// @param exportsHead digest of the last of them
/// @param epoch how often who is present has changed
/// @param present the regions that the hub counts as present, sorted
/// @param leaseUntil until when the hub counts the region as present, by the hub's clock
/// @param now the hub's clock, milliseconds since 1970 UTC
/// @param trouble why the hub pauses, e.g. `DISK_FULL`; empty if it does not
public record StudyView(
    int protocol,
    String study,
    long number,
    String head,
    String proof,
    Phase phase,
    int round,
    String layout,
    String weights,
    boolean prepares,
    String common,
    boolean joined,
    long sequence,
    boolean delivered,
    int counted,
    long exports,
    String exportsHead,
    long epoch,
    List<String> present,
    long leaseUntil,
    long now,
    String trouble) {
  public StudyView {
    present = List.copyOf(present);
    proof = Objects.requireNonNullElse(proof, "");
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
        0,
        Sha256.NONE,
        "",
        Phase.WAITING,
        0,
        "",
        "",
        false,
        "",
        false,
        0,
        false,
        0,
        0,
        Sha256.NONE,
        0,
        List.of(),
        0,
        0,
        "");
  }
}
