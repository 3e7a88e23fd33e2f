package org.dure.app.workload;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.dure.app.home.RegionLayout;
import org.dure.app.home.Terms;
import org.dure.core.DureException;
import org.dure.core.Settings;
import org.dure.core.WeightSource;
import org.dure.core.Workload;
import org.dure.core.accounting.SampledGaussian;
import org.dure.federation.protocol.CommonPreparation;
import org.dure.federation.protocol.Study;

/// What a study asks of its regions: the study and the workload that its file names.
///
/// ```
/// workload = "pretraining"   Recipe       a language model, from the region's own text
/// workload = "rehearsal"     Rehearsal    made-up weights of any size: network and protocol only
/// ```
public sealed interface WorkloadConfig permits PretrainingConfig, RehearsalConfig {
  /// The key of the study file that chooses.
  String KEY = "workload";

  String PRETRAINING = "pretraining";
  String REHEARSAL = "rehearsal";

  /// Reads a study file with the settings of its workload.
  ///
  /// @throws DureException with every problem of both
  static WorkloadConfig of(Settings settings) {
    String workload = settings.choice(KEY, PRETRAINING, List.of(PRETRAINING, REHEARSAL));
    return workload.equals(REHEARSAL)
        ? RehearsalConfig.of(settings)
        : PretrainingConfig.of(settings);
  }

  Study study();

  /// The study's first weights, which the hub and every region compute for themselves.
  WeightSource initialWeights();

  /// What the hub makes of the regions' parts before the first round; empty where nothing is
  /// prepared in common.
  ///
  /// @param scratch a folder on the hub's disk, for what is larger than memory
  Optional<CommonPreparation> commonPreparation(Path scratch);

  /// What a region would give to the common preparation, as word counts; empty where it gives none.
  Optional<byte[]> counts(RegionLayout region);

  /// What must lie in a region's folder before it can take part and does not, each with the command
  /// that makes it.
  List<String> missing(RegionLayout region);

  /// What the study would take out of a region.
  ///
  /// @param authority fingerprint of the key of the study's authority
  Terms terms(Study.Region member, String authority);

  /// One local step as an accountant of privacy sees it; empty in a study that does not protect
  /// documents.
  default Optional<SampledGaussian> privateStep() {
    return Optional.empty();
  }

  /// The work of one region.
  ///
  /// @param region the region's own folder
  /// @param pace how many times longer than planned a rehearsed local step takes here
  /// @param threads for libtorch, where the workload uses it
  Workload workload(Study.Region member, RegionLayout region, double pace, int threads);
}
