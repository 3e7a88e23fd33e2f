package org.dure.federation.protocol;

import java.util.Map;
import java.util.regex.Pattern;
import javax.naming.InvalidNameException;
import javax.naming.ldap.LdapName;

/// Which words may cross a border: names of measures are short words of a small alphabet, so that
/// no text can travel as one.
public final class WireNames {
  private static final Pattern MEASURE = Pattern.compile("[A-Za-z][A-Za-z0-9_.-]{0,31}");
  private static final int MOST_MEASURES = 32;

  private WireNames() {}

  static boolean areMeasures(Map<String, Double> values) {
    return values.size() <= MOST_MEASURES
        && values.keySet().stream().allMatch(name -> MEASURE.matcher(name).matches());
  }

  static boolean areFinite(Map<String, Double> values) {
    return values.values().stream().allMatch(value -> value != null && Double.isFinite(value));
  }

  public static String commonName(String distinguishedName) {
    try {
      return new LdapName(distinguishedName)
          .getRdns().stream()
              .filter(part -> part.getType().equalsIgnoreCase("CN"))
              .map(part -> String.valueOf(part.getValue()))
              .findFirst()
              .orElse("");
    } catch (InvalidNameException e) {
      return "";
    }
  }
}
