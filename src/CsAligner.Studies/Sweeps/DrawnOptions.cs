using System.Text.Json;
using CsAligner.Generation;
using CsAligner.Studies.Encoders;
using CsAligner.Tensors;

namespace CsAligner.Studies.Sweeps;

/// <summary>Pictures that a sweep makes from the names of its tests, to judge an alignment by them.</summary>
/// <param name="Decoder">The decoder, a folder or a name.</param>
/// <param name="Names">Pictures of each test, of its first names; 2 or more.</param>
/// <param name="Judge">A second encoder of images to judge with; null for the recipe's model alone.</param>
/// <param name="Generation">How they are made.</param>
internal sealed record DrawnOptions(string Decoder, int Names, string? Judge, GenerationOptions Generation)
{
    private static readonly RecipeKeys Keys = new(
        RecipeKeys.Text("decoder"),
        RecipeKeys.Whole("names"),
        RecipeKeys.Text("judge"),
        RecipeKeys.Whole("steps"),
        ("guidance", "a number from 0 to 20", value => value.ValueKind == JsonValueKind.Number && value.GetDouble() is >= 0 and <= 20));

    public static DrawnOptions Read(string path, JsonElement value)
    {
        Keys.Check(path, "\"pictures\"", value);
        var usual = new GenerationOptions();
        int names = Whole("names", 1000), steps = Whole("steps", usual.Steps);
        if (names < 2 || steps is < 1 or > 1000)
            throw new InputException($"{path}: \"pictures\" needs names of 2 or more and steps from 1 to 1000, got {names} and {steps}");
        return new DrawnOptions(
            value.TryGetProperty("decoder", out var decoder) ? decoder.GetString()! : NamedModel.Decoder,
            names,
            value.TryGetProperty("judge", out var judge) ? judge.GetString() : null,
            usual with
            {
                Steps = steps,
                Guidance = value.TryGetProperty("guidance", out var guidance) ? guidance.GetDouble() : usual.Guidance
            });

        int Whole(string key, int fallback) => value.TryGetProperty(key, out var number) ? number.GetInt32() : fallback;
    }
}
