using System.Text.Json;
using CsAligner.Adapters;
using CsAligner.Reports.Content;
using CsAligner.Reports.Drawing;
using CsAligner.Tensors;
using CsAligner.Tensors.Formats;
using CsAligner.Training;

namespace CsAligner.Studies.Runs;

/// <summary>The contents of run.json in a folder that <c>align</c> wrote.</summary>
internal sealed record AlignRun
{
    /// <summary>The folder, as it was given.</summary>
    public required string Folder { get; init; }

    /// <summary>A short name, unique among the compared runs.</summary>
    public required string Name { get; init; }

    /// <summary>Options and their values as text, in the file's order; nested keys are joined by dots.</summary>
    public required IReadOnlyList<(string Key, string Value)> Options { get; init; }

    /// <summary>The files that the data came from, by their role; only those that were given.</summary>
    public required IReadOnlyDictionary<string, string> Inputs { get; init; }

    /// <summary>Pairs trained on, parameters, best epoch, seconds: name and value for people.</summary>
    public required IReadOnlyList<(string Key, string Value)> Outcomes { get; init; }

    /// <summary>What the automatic choice of sigma and lambda measured on the held-out pairs; null if there was none.</summary>
    public HeatMap? Choice { get; init; }

    /// <summary>The numbers of every epoch by key; NaN if missing.</summary>
    public required IReadOnlyList<IReadOnlyDictionary<string, double>> Epochs { get; init; }

    /// <summary>Reads run.json of a folder.</summary>
    /// <param name="folder">The output folder of align.</param>
    /// <param name="name">Its name in the report.</param>
    /// <exception cref="InputException">It is not there, is not JSON, or is not of align.</exception>
    public static AlignRun Read(string folder, string name)
    {
        string path = Path.Combine(folder, AlignmentReport.RunFile);
        if (!File.Exists(path))
            throw new InputException(
                $"report: '{folder}' is not a run: it has no {AlignmentReport.RunFile}; give folders that csalign align wrote");
        try
        {
            using JsonDocument json = LenientJson.Parse(File.ReadAllBytes(path));
            JsonElement root = json.RootElement;
            return new AlignRun
            {
                Folder = folder,
                Name = name,
                Options = [.. Flatten("", Member(root, path, "options", JsonValueKind.Object))],
                Inputs = InputsOf(root),
                Outcomes = [.. OutcomesOf(root)],
                Choice = ChoiceOf(root, name),
                Epochs = [.. Member(root, path, "epochs", JsonValueKind.Array).EnumerateArray().Select(epoch => NumbersOf(epoch, path))],
            };
        }
        catch (Exception failure) when (failure is JsonException or InvalidOperationException or ArgumentException)
        {
            // InvalidOperation: bytes or escapes that pass as JSON and fail as text. Argument: a key that comes twice.
            throw new InputException(
                $"report: '{path}' is not JSON ({failure.Message.TrimEnd('.')}); the run may have been cut short: run it again", failure);
        }
    }

    /// <summary>Whether the run trained inside an encoder, so that its adapters belong to features of that encoder only.</summary>
    public bool TrainsEncoder => Inputs.ContainsKey("lora");

    /// <summary>The adapters of both sides.</summary>
    /// <exception cref="InputException">A file is missing or damaged, or the two give rows of different widths.</exception>
    public (Adapter Image, Adapter Text) LoadAdapters()
    {
        Adapter image = Adapter.Load(Path.Combine(Folder, AlignmentReport.ImageAdapterFile)),
            text = Adapter.Load(Path.Combine(Folder, AlignmentReport.TextAdapterFile));
        return image.OutputWidth == text.OutputWidth
            ? (image, text)
            : throw new InputException($"report: the adapters of '{Folder}' give rows of {image.OutputWidth} and "
                + $"of {text.OutputWidth} values; they are not from one run");
    }

    private static JsonElement Member(JsonElement root, string path, string key, JsonValueKind kind) =>
        root.ValueKind == JsonValueKind.Object && root.TryGetProperty(key, out JsonElement member) && member.ValueKind == kind
            ? member
            : throw new InputException(
                $"report: '{path}' has no \"{key}\" as csalign align writes it; it comes from another program or version");

    private static IEnumerable<(string, string)> Flatten(string prefix, JsonElement element) =>
        element.EnumerateObject().SelectMany(property =>
        property.Value.ValueKind == JsonValueKind.Object
            ? Flatten(prefix + property.Name + ".", property.Value)
            : [(prefix + property.Name, Text(property.Value))]);

    private static string Text(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Null => "–",
        JsonValueKind.True => "yes",
        JsonValueKind.False => "no",
        JsonValueKind.String => value.GetString()!,
        _ => value.GetRawText(),
    };

    private static Dictionary<string, string> InputsOf(JsonElement root) =>
        !root.TryGetProperty("inputs", out JsonElement inputs) || inputs.ValueKind != JsonValueKind.Object
            ? []
            : inputs.EnumerateObject().Where(input => input.Value.ValueKind == JsonValueKind.String)
                .ToDictionary(input => input.Name, input => input.Value.GetString()!);

    private static IEnumerable<(string, string)> OutcomesOf(JsonElement root)
    {
        foreach ((string key, string name) in ((string, string)[])[("training_pairs", "pairs trained on"),
            ("validation_pairs", "pairs held out"), ("image_parameters", "image parameters"), ("text_parameters", "text parameters"),
            ("encoder_parameters", "encoder parameters"), ("best_epoch", "best epoch")])
        {
            if (root.TryGetProperty(key, out JsonElement count) && count.ValueKind == JsonValueKind.Number
                && count.TryGetInt64(out long value))
                yield return (name, NumberText.Count(value));
        }

        if (root.TryGetProperty("seconds", out JsonElement seconds) && seconds.ValueKind == JsonValueKind.Number)
            yield return ("seconds", NumberText.Fixed(seconds.GetDouble(), 1));
        if (root.TryGetProperty("peak_bytes", out JsonElement bytes) && bytes.ValueKind == JsonValueKind.Number)
            yield return ("peak memory, MiB", NumberText.Fixed(bytes.GetDouble() / (1 << 20), 0));
    }

    // Cells of bandwidths by lambdas, in the file's order.
    private static HeatMap? ChoiceOf(JsonElement root, string name)
    {
        if (!root.TryGetProperty("automatic_choice", out JsonElement cells) || cells.ValueKind != JsonValueKind.Array)
            return null;
        var found = new List<(string Bandwidth, string Lambda, double Divergence)>();
        foreach (JsonElement cell in cells.EnumerateArray())
        {
            if (cell.ValueKind == JsonValueKind.Object && cell.TryGetProperty("bandwidth", out JsonElement bandwidth)
                && cell.TryGetProperty("lambda", out JsonElement lambda))
                found.Add((Text(bandwidth), Text(lambda),
                    cell.TryGetProperty("cs_divergence_off_diagonal", out JsonElement value) && value.ValueKind == JsonValueKind.Number
                        ? value.GetDouble()
                        : double.NaN));
        }

        string[] rows = [.. found.Select(cell => cell.Bandwidth).Distinct(StringComparer.Ordinal)],
            columns = [.. found.Select(cell => cell.Lambda).Distinct(StringComparer.Ordinal)];
        if (rows.Length == 0) return null;
        return new HeatMap(
            $"{name}: D_CS, off-diagonal, of the held-out pairs", "sigma", "lambda", rows, columns,
            [.. rows.Select(row =>
                (IReadOnlyList<double>)[.. columns.Select(column =>
                    found.LastOrDefault(cell => cell.Bandwidth == row && cell.Lambda == column,
                        (Bandwidth: row, Lambda: column, Divergence: double.NaN)).Divergence)])],
            LowerIsBetter: true);
    }

    private static Dictionary<string, double> NumbersOf(JsonElement epoch, string path) => epoch.ValueKind == JsonValueKind.Object
        ? epoch.EnumerateObject()
            .ToDictionary(value => value.Name,
                value => value.Value.ValueKind == JsonValueKind.Number ? value.Value.GetDouble() : double.NaN)
        : throw new InputException($"report: '{path}' has an epoch that is not an object; it comes from another program or version");
}
