package org.dure.federation.hub;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.dure.federation.log.Event;
import org.dure.federation.protocol.Study;
import org.dure.federation.protocol.TakenBack;

/// Where the study of a ledger went back: looked up in its events before they are checked, so that
/// the outcome of few merges must be remembered, and no more. What the events say of it untruly the
/// check finds. Not thread-safe.
final class LedgerReturns {
  private static final Pattern MERGED =
      Pattern.compile("\"kind\":\"Merged\",\"body\":\\{\"round\":(\\d{1,9}),");

  private static final Pattern UNDONE =
      Pattern.compile("\"kind\":\"Undone\",\"body\":\\{\"round\":(\\d{1,9}),\"base\":(\\d{1,9}),");

  private static final Pattern DROPPED =
      Pattern.compile("\"kind\":\"Dropped\",\"body\":\\{\"round\":(\\d{1,9}),");

  private final Study study;
  private final Set<Integer> bases = new HashSet<>();
  private final Map<Integer, Rollback.Base> found = new HashMap<>();
  private TakenBack takenBack = TakenBack.NONE;
  private int newest;

  private LedgerReturns(Study study) {
    this.study = study;
  }

  static LedgerReturns of(Path events, Study study) {
    LedgerReturns returns = new LedgerReturns(study);
    LedgerLines.each(
        events,
        bytes -> {
          String line = new String(bytes, StandardCharsets.UTF_8);
          Matcher merged = MERGED.matcher(line);
          if (merged.find()) {
            returns.newest = Integer.parseInt(merged.group(1));
          }
          Matcher dropped = DROPPED.matcher(line);
          if (dropped.find()) {
            int round = Integer.parseInt(dropped.group(1));
            returns.takenBack =
                returns.takenBack.with(returns.takenBack.standingBefore(round), round);
          }
          Matcher undone = UNDONE.matcher(line);
          if (undone.find()) {
            int base = Integer.parseInt(undone.group(2));
            returns.bases.add(base);
            returns.takenBack = returns.takenBack.with(base, Integer.parseInt(undone.group(1)));
          }
        });
    return returns;
  }

  Study study() {
    return study;
  }

  /// Whether what was merged in the round stands at the end.
  boolean counts(int round) {
    return !takenBack.contains(round);
  }

  /// The newest merge that stands at the end; empty for none.
  Optional<Integer> last() {
    int last = counts(newest) ? newest : takenBack.standingBefore(newest);
    return last == 0 ? Optional.empty() : Optional.of(last);
  }

  /// To be told every event that was found right.
  void remember(Event event) {
    if (event instanceof Event.Opened opened) {
      found.put(0, Rollback.Base.start(study, opened.weights()));
    } else if (event instanceof Event.Merged merged && bases.contains(merged.round())) {
      found.put(merged.round(), Rollback.Base.of(merged));
    }
  }

  /// Whether the study goes back to a merge of its own, and by its rule only when most say so.
  ///
  /// @param state before the event
  boolean allow(HubState state, Event.Undone undone) {
    Rollback.Base base = found.get(undone.base());
    return base != null
        && undone.equals(base.undone(state.roundNumber(), undone.cause()))
        && (!undone.cause().byRule() || Rollback.byRule(state).filter(undone::equals).isPresent());
  }

  /// Lists of weights and momentum that a merge to come starts from, once this one is made.
  List<String> needed(Recovery.Merge merge) {
    List<String> lists = new ArrayList<>();
    merge.logged().standings().values().forEach(standing -> lists.addAll(standing.lists()));
    found.forEach(
        (round, base) -> {
          if (bases.contains(round)) {
            base.circles().values().forEach(standing -> lists.addAll(standing.lists()));
          }
        });
    return lists.stream().distinct().toList();
  }
}
