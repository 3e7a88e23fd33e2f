package org.dure.app;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

/// Holds the table of docs/architecture.md: who may use whom, and who alone imports what.
class ArchitectureTest {
  /// Module to the modules that it may use.
  static final Map<String, List<String>> MAY_USE =
      Map.of(
          "core", List.of(),
          "tokenizer", List.of("core"),
          "corpus", List.of("core", "tokenizer"),
          "model", List.of("core", "tokenizer"),
          "federation", List.of("core"),
          "evaluation", List.of("core"),
          "provenance", List.of("core"),
          "serving", List.of("core", "model", "provenance"));

  static final List<String> MODULES = MAY_USE.keySet().stream().sorted().toList();

  /// Library package to the modules that alone import it.
  static final Map<String, List<String>> FENCED =
      Map.of(
          "tools.jackson..", List.of("core"),
          "org.bytedeco..", List.of("model"),
          "org.jsoup..", List.of("corpus"),
          "org.apache.commons.compress..", List.of("corpus"),
          "org.bouncycastle..", List.of("provenance"),
          "org.sqlite..", List.of("federation"),
          "picocli..", List.of("app"),
          "io.javalin..", List.of("federation", "serving", "app"),
          "org.slf4j.simple..", List.of());

  static final List<String> LIBRARIES = FENCED.keySet().stream().sorted().toList();

  private static JavaClasses classes;

  @BeforeAll
  static void read() {
    classes =
        new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("org.dure");
  }

  @ParameterizedTest
  @FieldSource("MODULES")
  void aModuleUsesOnlyWhatTheTableAllows(String module) {
    List<String> allowed = MAY_USE.get(module);
    String[] forbidden =
        Stream.concat(MODULES.stream(), Stream.of("app", "bench"))
            .filter(other -> !other.equals(module) && !allowed.contains(other))
            .map(other -> "org.dure." + other + "..")
            .toArray(String[]::new);
    noClasses()
        .that()
        .resideInAPackage("org.dure." + module + "..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(forbidden)
        .check(classes);
  }

  @ParameterizedTest
  @FieldSource("LIBRARIES")
  void aLibraryIsImportedOnlyBehindItsFence(String library) {
    String[] owners =
        FENCED.get(library).stream()
            .map(owner -> "org.dure." + owner + "..")
            .toArray(String[]::new);
    noClasses()
        .that()
        .resideOutsideOfPackages(owners)
        .should()
        .dependOnClassesThat()
        .resideInAPackage(library)
        .check(classes);
  }

  @Test
  void javalinIsImportedByOneRoutesClassEach() {
    noClasses()
        .that()
        .haveNameNotMatching("org\\.dure\\.[a-z]+\\.\\w*Routes(\\$.*)?")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("io.javalin..")
        .check(classes);
  }

  @Test
  void everyPackageIsFlatAndNamedAfterItsModule() {
    classes()
        .that()
        .resideOutsideOfPackage("org.dure.corpus.*")
        .should()
        .resideInAPackage("org.dure.*")
        .check(classes);
  }
}
