package org.dure.federation.protocol;

import java.util.SortedMap;

/// What a study makes of its regions' parts before the first round, e.g. one tokenizer from every
/// region's word counts. A pure function: the same parts give the same bytes.
@FunctionalInterface
public interface CommonPreparation {
  /// @param parts what each region gave, by its name
  /// @return what every region is handed
  byte[] prepare(SortedMap<String, byte[]> parts);
}
