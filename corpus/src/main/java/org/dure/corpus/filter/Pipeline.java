package org.dure.corpus.filter;

import java.util.List;
import org.dure.core.Document;
import org.dure.core.LanguageProfile;
import org.dure.core.Stage;
import org.dure.core.Verdict;

/// The pure stages that every document passes, in this order; the first refusal ends its way.
public record Pipeline(List<Stage> stages) implements Stage {
  public static Pipeline of(LanguageProfile profile) {
    return new Pipeline(
        List.of(
            new Normalise(), new Length(profile.leastCharacters()), new LanguageCheck(profile)));
  }

  @Override
  public Verdict apply(Document document) {
    Verdict verdict = Verdict.keep(document);
    for (Stage stage : stages) {
      switch (verdict) {
        case Verdict.Keep keep -> verdict = stage.apply(keep.document());
        case Verdict.Drop drop -> {
          return drop;
        }
      }
    }
    return verdict;
  }
}
