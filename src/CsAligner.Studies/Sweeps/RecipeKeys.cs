using System.Text.Json;
using CsAligner.Tensors;
using CsAligner.Tensors.Formats;

namespace CsAligner.Studies.Sweeps;

/// <summary>The type of a recipe's key, and the check of all keys before any is read.</summary>
internal sealed record RecipeKeys(params (string Key, string Expected, Func<JsonElement, bool> Fits)[] Known)
{
    public static (string, string, Func<JsonElement, bool>) Text(string key) =>
        (key, "a text", value => value.ValueKind == JsonValueKind.String);

    public static (string, string, Func<JsonElement, bool>) Flag(string key) =>
        (key, "true or false", value => value.ValueKind is JsonValueKind.True or JsonValueKind.False);

    public static (string, string, Func<JsonElement, bool>) Object(string key) =>
        (key, "an object", value => value.ValueKind == JsonValueKind.Object);

    public static (string, string, Func<JsonElement, bool>) Whole(string key) =>
        (key, "a whole number", value => LenientJson.TryGetWhole(value, out long whole) && whole == (int)whole);

    public static (string, string, Func<JsonElement, bool>) List(string key, string of, Func<JsonElement, bool> fits) =>
        (key, $"a list of {of}", value => value.ValueKind == JsonValueKind.Array && value.EnumerateArray().All(fits));

    /// <summary>Checks an object's keys and the kinds of their values.</summary>
    /// <param name="path">The recipe.</param>
    /// <param name="within">Where in it the object is, for people.</param>
    /// <param name="value">The object.</param>
    /// <exception cref="InputException">It is not a recipe, or a key or value is unknown.</exception>
    public void Check(string path, string within, JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.Object)
            throw new InputException($"{path}: {within} must be an object, got {StrictJson.Describe(value)}");
        foreach (JsonProperty property in value.EnumerateObject())
        {
            string[] names = [.. Known.Select(known => known.Key)];
            if (!names.Contains(property.Name))
                throw new InputException(
                    $"{path}: {within} has the unknown key \"{property.Name}\"; known "
                        + $"are {string.Join(", ", names)}{Suggestion.End(property.Name, names)}");
            (_, string expected, Func<JsonElement, bool> fits) = Known.First(known => known.Key == property.Name);
            if (!fits(property.Value))
                throw new InputException(
                    $"{path}: \"{property.Name}\": expected {expected}, got {StrictJson.Describe(property.Value)}");
        }
    }
}
