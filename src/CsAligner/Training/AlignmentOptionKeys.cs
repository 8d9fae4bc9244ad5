using System.Text.Json;
using CsAligner.Objectives;
using CsAligner.Tensors;
using CsAligner.Tensors.Formats;

namespace CsAligner.Training;

/// <summary>Alignment options by the names that they have in JSON: what <see cref="AlignmentOptions.WriteJson"/> writes can be read back
/// key by key.</summary>
public static class AlignmentOptionKeys
{
    private static readonly Dictionary<string, Func<AlignmentOptions, JsonElement, AlignmentOptions>> Setters = new(StringComparer.Ordinal)
    {
        ["objective"] = (o, v) => o with { Objective = AlignmentObjective.Parse(Text(v), o.Objective.Terms) },
        ["train"] = (o, v) => o with { Train = AlignmentOptions.ParseTrain(Text(v)) },
        ["adapter"] = (o, v) => o with { Adapter = o.Adapter with { Kind = Text(v) } },
        ["adapter_size"] = (o, v) => o with { Adapter = o.Adapter with { Size = v.ValueKind == JsonValueKind.Null ? null : Whole(v) } },
        ["adapter_layers"] = (o, v) => o with { Adapter = o.Adapter with { Layers = Whole(v) } },
        ["mean_shift_start"] = (o, v) => o with { Adapter = o.Adapter with { MeanShift = v.GetBoolean() } },
        ["bandwidth"] = (o, v) =>
            o with { Bandwidth = BandwidthRule.Parse(v.ValueKind == JsonValueKind.Number ? v.GetRawText() : Text(v)) },
        ["bandwidth_factors"] = (o, v) => o with { BandwidthFactors = [.. v.EnumerateArray().Select(factor => factor.GetDouble())] },
        ["token_weight"] = (o, v) => o with { TokenWeight = v.GetDouble() },
        ["lambda"] = (o, v) => o with { Lambda = v.GetDouble() },
        ["temperature"] = (o, v) => o with { Temperature = v.GetDouble() },
        ["learn_temperature"] = (o, v) => o with { LearnTemperature = v.GetBoolean() },
        ["epochs"] = (o, v) => o with { Epochs = Whole(v) },
        ["batch_size"] = (o, v) => o with { BatchSize = Whole(v) },
        ["unpaired_ratio"] = (o, v) => o with { UnpairedRatio = v.GetDouble() },
        ["all_captions"] = (o, v) => o with { AllCaptions = v.GetBoolean() },
        ["chunk_size"] = (o, v) => o with { ChunkSize = Whole(v) },
        ["lr"] = (o, v) => o with { LearningRate = v.GetDouble() },
        ["weight_decay"] = (o, v) => o with { WeightDecay = v.GetDouble() },
        ["warmup"] = (o, v) => o with { Warmup = v.GetDouble() },
        ["final_lr_share"] = (o, v) => o with { FinalShare = v.GetDouble() },
        ["max_grad_norm"] = (o, v) => o with { MaxGradNorm = v.GetDouble() },
        ["interpolation"] = (o, v) => o with { Interpolation = v.GetDouble() },
        ["val_fraction"] = (o, v) => o with { ValidationFraction = v.GetDouble() },
        ["seed"] = (o, v) => o with { Seed = v.GetUInt64() },
    };

    /// <summary>All keys.</summary>
    public static IEnumerable<string> All => Setters.Keys;

    /// <summary>Options with one of them changed; ranges are checked by <see cref="AlignmentOptions.Validate"/>.</summary>
    /// <param name="options">The others. Terms of an application's own may be named where their objective has them.</param>
    /// <param name="key">One of <see cref="All"/>.</param>
    /// <param name="value">Its value.</param>
    /// <exception cref="InputException">There is no such key, or it takes another kind of value.</exception>
    public static AlignmentOptions With(this AlignmentOptions options, string key, JsonElement value)
    {
        if (!Setters.TryGetValue(key, out var set))
            throw new InputException($"there is no option \"{key}\"; known are {string.Join(", ", All)}{Suggestion.End(key, All)}");
        try
        {
            return set(options, value);
        }
        catch (Exception e) when (e is InvalidOperationException or FormatException)
        {
            // The parser's own words are about its types.
            throw new InputException($"\"{key}\" cannot be {StrictJson.Describe(value)}; give a value as csalign align takes it", e);
        }
    }

    private static int Whole(JsonElement value) =>
        LenientJson.TryGetWhole(value, out long whole) && whole is >= int.MinValue and <= int.MaxValue ? (int)whole : value.GetInt32();

    private static string Text(JsonElement value) =>
        value.GetString() ?? throw new InvalidOperationException("a text is expected, not null");
}
