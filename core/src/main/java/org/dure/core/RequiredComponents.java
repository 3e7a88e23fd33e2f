package org.dure.core;

import com.fasterxml.jackson.annotation.JsonSetter;
import com.fasterxml.jackson.annotation.Nulls;
import java.lang.reflect.AnnotatedParameterizedType;
import java.lang.reflect.AnnotatedType;
import java.lang.reflect.Constructor;
import java.lang.reflect.RecordComponent;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.cfg.MapperConfig;
import tools.jackson.databind.introspect.Annotated;
import tools.jackson.databind.introspect.AnnotatedMember;
import tools.jackson.databind.introspect.AnnotatedParameter;
import tools.jackson.databind.introspect.JacksonAnnotationIntrospector;

/// Makes JSON keep the promise of the record's own types: a component, an element of a list or a
/// value of a map that is not marked [Nullable] is there, or the text is refused under its name.
class RequiredComponents extends JacksonAnnotationIntrospector {
  private static final long serialVersionUID = 1;

  @Override
  public @Nullable Boolean hasRequiredMarker(MapperConfig<?> config, AnnotatedMember member) {
    RecordComponent component = component(member);
    return component == null
        ? super.hasRequiredMarker(config, member)
        : Boolean.valueOf(!mayBeMissing(component));
  }

  @Override
  public JsonSetter.Value findSetterInfo(MapperConfig<?> config, Annotated annotated) {
    RecordComponent component = component(annotated);
    return component == null
        ? super.findSetterInfo(config, annotated)
        : JsonSetter.Value.construct(
            mayBeMissing(component) ? Nulls.SET : Nulls.FAIL,
            holdsNull(component.getAnnotatedType()) ? Nulls.SET : Nulls.FAIL);
  }

  private static boolean mayBeMissing(RecordComponent component) {
    return isNullable(component.getAnnotatedType())
        || component.isAnnotationPresent(Json.Lenient.class);
  }

  private static boolean isNullable(AnnotatedType type) {
    return type.isAnnotationPresent(Nullable.class);
  }

  /// The component that a parameter of a canonical constructor stands for. A
  /// compact constructor's own parameters lose the annotations of type arguments.
  private static @Nullable RecordComponent component(Annotated annotated) {
    if (!(annotated instanceof AnnotatedParameter parameter
        && parameter.getOwner().getMember() instanceof Constructor<?> constructor)) {
      return null;
    }
    RecordComponent[] components = constructor.getDeclaringClass().getRecordComponents();
    return components != null && components.length == constructor.getParameterCount()
        ? components[parameter.getIndex()]
        : null;
  }

  /// Whether what a list or map holds, at any depth, may be null: Jackson has one rule for all of a
  /// component's content.
  private static boolean holdsNull(AnnotatedType type) {
    if (type instanceof AnnotatedParameterizedType parameterized) {
      for (AnnotatedType argument : parameterized.getAnnotatedActualTypeArguments()) {
        if (isNullable(argument) || holdsNull(argument)) {
          return true;
        }
      }
    }
    return false;
  }
}
