package org.dure.bench.gain;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Function;
import org.dure.bench.gain.Arm.Reaches;
import org.jspecify.annotations.Nullable;

/// One run of one arm: rounds at home, then merges, circle by circle; every few rounds each
/// institution looks at its dev text.
final class Belt {
  /// A better candidate is taken only if its dev text is better by this share.
  private static final double HYSTERESIS = 0.002;

  private static final int ROUNDS_BETWEEN_LOOKS = 4;

  private final Arm arm;
  private final Plan plan;
  private final List<Learner> learners;
  private final int wordValues;
  private final int values;

  /// By group (true for words) and name.
  private final Map<Boolean, Map<String, Circle>> circles =
      Map.of(true, new HashMap<>(), false, new HashMap<>());

  private final Map<Learner, Reaches> reaches = new HashMap<>();
  private final Map<Learner, Reaches> before = new HashMap<>();
  private final Map<Learner, float[]> ends = new HashMap<>();

  Belt(Arm arm, Plan plan, List<Learner> learners) {
    this.arm = arm;
    this.plan = plan;
    this.learners = learners;
    this.values = learners.getFirst().read().length;
    this.wordValues = plan.vocabulary() * plan.width();
  }

  /// @param threads how many institutions train at a time
  /// @return what was chosen last, for people
  String run(int threads) {
    int rounds = plan.rounds();
    for (Learner learner : learners) {
      ends.put(learner, learner.read());
      reaches.put(learner, arm.reaches(1, rounds));
    }
    open(true);
    open(false);
    try (ExecutorService pool = Executors.newFixedThreadPool(threads)) {
      for (int round = 1; round <= rounds; round++) {
        each(
            pool,
            learner -> {
              learner.train(plan.steps());
              return learner.read();
            },
            ends);
        before.clear();
        before.putAll(reaches);
        if (arm.chooses(round, rounds)) {
          each(pool, this::choose, reaches);
        } else if (arm.choices().isEmpty()) {
          Reaches now = arm.reaches(round, rounds);
          learners.forEach(learner -> reaches.put(learner, now));
        }
        merge(true);
        merge(false);
        learners.forEach(learner -> learner.adopt(value(ends, learner)));
        if (round % ROUNDS_BETWEEN_LOOKS == 0 || round == rounds) {
          each(
              pool,
              learner -> {
                learner.look();
                return learner;
              },
              new HashMap<>());
        }
      }
    }
    return choices();
  }

  private static <K, V> V value(Map<K, V> map, K key) {
    V value = map.get(key);
    if (value == null) {
      throw new IllegalStateException("nothing of " + key);
    }
    return value;
  }

  private <T> void each(ExecutorService pool, Function<Learner, T> work, Map<Learner, T> into) {
    List<Future<T>> running = new ArrayList<>();
    for (Learner learner : learners) {
      Callable<T> task = () -> work.apply(learner);
      running.add(pool.submit(task));
    }
    for (int i = 0; i < running.size(); i++) {
      try {
        into.put(learners.get(i), running.get(i).get());
      } catch (InterruptedException | ExecutionException e) {
        throw new IllegalStateException(learners.get(i).institution().name(), e);
      }
    }
  }

  /// By a trial phase from what each candidate circle's mean would be now; the present circle's
  /// stays unless another is clearly better.
  private Reaches choose(Learner learner) {
    Reaches best = reaches.getOrDefault(learner, Arm.ALONE);
    double least = trial(learner, best) * (1 - HYSTERESIS);
    Map<List<String>, Boolean> tried = new HashMap<>();
    tried.put(names(learner, best), true);
    for (Reaches candidate : Arm.CANDIDATES) {
      if (tried.put(names(learner, candidate), true) == null) {
        double dev = trial(learner, candidate);
        if (dev < least) {
          least = dev;
          best = candidate;
        }
      }
    }
    return best;
  }

  private static List<String> names(Learner learner, Reaches reaches) {
    return List.of(
        reaches.words().circle(learner.institution()),
        reaches.body().circle(learner.institution()));
  }

  private double trial(Learner learner, Reaches candidate) {
    float[] start = value(ends, learner).clone();
    mean(learner, candidate.words(), 0, wordValues).give(start);
    mean(learner, candidate.body(), wordValues, values).give(start);
    return learner.trial(start, plan.steps() / 2);
  }

  private Circle mean(Learner learner, Reach reach, int from, int to) {
    String name = reach.circle(learner.institution());
    return new Circle(
        from,
        to,
        learners.stream()
            .filter(other -> reach.circle(other.institution()).equals(name))
            .map(other -> value(ends, other))
            .toList());
  }

  /// Circles that are new start from the mean of their members.
  private void open(boolean words) {
    Map<String, Circle> known = value(circles, words);
    members(words)
        .forEach(
            (name, members) -> {
              if (!known.containsKey(name)) {
                known.put(
                    name,
                    new Circle(
                        words ? 0 : wordValues,
                        words ? wordValues : values,
                        members.stream().map(member -> value(ends, member)).toList()));
              }
            });
  }

  /// Of every circle with enough members.
  private SortedMap<String, List<Learner>> members(boolean words) {
    SortedMap<String, List<Learner>> members = new TreeMap<>();
    for (Learner learner : learners) {
      String name = reach(value(reaches, learner), words).circle(learner.institution());
      members.computeIfAbsent(name, any -> new ArrayList<>()).add(learner);
    }
    members
        .values()
        .removeIf(all -> all.size() < reach(value(reaches, all.getFirst()), words).least());
    return members;
  }

  /// Only who started from a circle's weights counts in it; all who are in it now go on from them.
  private void merge(boolean words) {
    Map<String, Circle> known = value(circles, words);
    members(words)
        .forEach(
            (name, members) -> {
              List<float[]> counted =
                  members.stream()
                      .filter(learner -> wasIn(name, learner, words))
                      .map(learner -> value(ends, learner))
                      .toList();
              Circle circle = known.get(name);
              if (circle != null
                  && counted.size() >= reach(value(reaches, members.getFirst()), words).least()) {
                circle.merge(counted);
              }
            });
    open(words);
    members(words)
        .forEach(
            (name, members) ->
                members.forEach(learner -> value(known, name).give(value(ends, learner))));
  }

  private boolean wasIn(String name, Learner learner, boolean words) {
    @Nullable Reaches then = before.get(learner);
    return then != null && reach(then, words).circle(learner.institution()).equals(name);
  }

  private static Reach reach(Reaches reaches, boolean words) {
    return words ? reaches.words() : reaches.body();
  }

  private String choices() {
    SortedMap<String, Integer> counts = new TreeMap<>();
    reaches.forEach(
        (learner, now) ->
            counts.merge(
                "%s with %s words".formatted(now.body(), now.words()).toLowerCase(Locale.ROOT),
                1,
                Integer::sum));
    return counts.toString();
  }
}
