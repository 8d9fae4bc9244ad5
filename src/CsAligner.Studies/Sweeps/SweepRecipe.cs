using System.Text;
using System.Text.Json;
using CsAligner.Models.Lora;
using CsAligner.Studies.Baselines;
using CsAligner.Tensors;
using CsAligner.Tensors.Formats;
using CsAligner.Training;

namespace CsAligner.Studies.Sweeps;

/// <summary>
/// What <c>csalign sweep</c> runs, one JSON file: cases x grid x seeds, each an alignment of the same data, judged on the same tests.
/// </summary>
internal sealed class SweepRecipe
{
    // Keys that may change without changing the result of a run: texts, and the number of seeds.
    private static readonly string[] Changeable = ["title", "about", "findings", "seeds", "heat_map"];

    // Keys of a run that align has no options for.
    private static readonly string[] OwnKeys =
        ["pairs", "pairs_fraction", "unpaired", "unpaired_rest", "baseline", "own_texts", "text_model", "lora", "true_pictures"];

    private const int MostPoints = 10_000;

    private static readonly RecipeKeys Keys = new(
        RecipeKeys.Text("name"),
        RecipeKeys.Text("title"),
        ("about", "a string, or a list of lines", IsParagraphs),
        ("findings", "a string, or a list of lines", IsParagraphs),
        RecipeKeys.Object("data"),
        RecipeKeys.Object("options"),
        RecipeKeys.List("cases", "objects with a name",
            value => value.ValueKind == JsonValueKind.Object && value.TryGetProperty("name", out var name)
                && name.ValueKind is JsonValueKind.String or JsonValueKind.Null),
        ("grid", "an object of options with lists of values",
            value => value.ValueKind == JsonValueKind.Object && value.EnumerateObject()
                .All(axis => axis.Value.ValueKind == JsonValueKind.Array)),
        RecipeKeys.List("seeds", "whole numbers of at least 0", value => TryGetSeed(value, out _)),
        RecipeKeys.Flag("heat_map"),
        RecipeKeys.Flag("automatic"));

    private SweepRecipe(string path, JsonElement root)
    {
        Path = path;
        Keys.Check(path, "the recipe", root);
        Computes = string.Join('\n',
            root.EnumerateObject().Where(p => !Changeable.Contains(p.Name)).Select(p => $"{p.Name}: {Compact(p.Value)}"));
        Name = Text(root, "name") ?? throw new InputException($"{path}: \"name\" is missing");
        Title = Text(root, "title") ?? Name;
        (About, Findings) = (Paragraphs(root, "about"), Paragraphs(root, "findings"));
        Data = SweepSources.Read(path,
            root.TryGetProperty("data", out var data) ? data : throw new InputException($"{path}: \"data\" is missing"));
        Seeds = root.TryGetProperty("seeds", out var seeds)
            ? [.. seeds.EnumerateArray().Select(each => TryGetSeed(each, out ulong seed) ? seed : 0)]
            : [0];
        (string, JsonElement)[] options = root.TryGetProperty("options", out var shared) ? [.. Properties(shared)] : [];
        Axes = root.TryGetProperty("grid", out var grid)
            ? [.. grid.EnumerateObject().Select(axis => new SweepAxis(axis.Name, [.. axis.Value.EnumerateArray().Select(v => v.Clone())]))]
            : [];
        if (Axes.Aggregate(1L, (points, axis) => Math.Min(points * Math.Max(axis.Values.Count, 1), int.MaxValue)) > MostPoints)
            throw new InputException($"{path}: the grid has more than {MostPoints} points; give fewer values");
        Cells = [.. Cases(root)
            .SelectMany(each => Combinations(0, []).Select(point => Cell(each.Name, [.. options, .. each.Options], point)))];
        if (root.TryGetProperty("automatic", out var automatic) && automatic.GetBoolean())
            Cells = [.. Cells,
                Cell("", options, []) with
                {
                    Point = [.. Axes.Select(_ => AlignmentOption.Automatic)],
                    AutomaticBandwidth = true,
                    AutomaticLambda = true,
                }];
        HeatMap = root.TryGetProperty("heat_map", out var map) && map.GetBoolean();
        if (HeatMap && (Axes.Count != 2 || Cells.Any(c => c.Case.Length > 0)))
            throw new InputException($"{path}: a heat map needs a grid of two options and one case");
        if (Cells.Count == 0 || Seeds.Count == 0)
            throw new InputException($"{path}: there is nothing to run; give cases or a grid, and seeds");
        foreach (var same in Cells.GroupBy(c => c.Name).Where(g => g.Count() > 1))
            throw new InputException($"{path}: two cases are named \"{same.Key}\"");
    }

    public string Path { get; }

    /// <summary>The part of the recipe that determines the result of a run, independently of spacing.</summary>
    public string Computes { get; }

    public string Name { get; }

    public string Title { get; }

    /// <summary>The text before the table; Markdown.</summary>
    public string About { get; }

    /// <summary>The findings, after the table; Markdown.</summary>
    public string Findings { get; }

    public SweepSources Data { get; set; }

    public IReadOnlyList<ulong> Seeds { get; }

    public IReadOnlyList<SweepAxis> Axes { get; }

    public IReadOnlyList<SweepCell> Cells { get; }

    /// <summary>Whether a picture of the grid is drawn.</summary>
    public bool HeatMap { get; }

    public static SweepRecipe Read(string path)
    {
        if (!File.Exists(path)) throw new InputException($"{path}: no such recipe; recipes/ablations has those of the published tables");
        try
        {
            using var document = LenientJson.Parse(File.ReadAllBytes(path));
            return new SweepRecipe(path, document.RootElement);
        }
        catch (JsonException e)
        {
            throw new InputException($"{path}: {StrictJson.Describe(e)}", e);
        }
        catch (Exception e) when (e is InvalidOperationException or FormatException or KeyNotFoundException)
        {
            throw new InputException($"{path}: {e.Message.ReplaceLineEndings(" ")}", e);
        }
    }

    private static IEnumerable<(string Name, (string, JsonElement)[] Options)> Cases(JsonElement root)
    {
        if (!root.TryGetProperty("cases", out var cases))
        {
            yield return ("", []);
            yield break;
        }

        foreach (var each in cases.EnumerateArray())
        {
            if (each.TryGetProperty("baseline", out _) && each.TryGetProperty("objective", out _))
                throw new FormatException($"the case {each.GetProperty("name")} has a baseline and an objective; give one of them");
            yield return (each.GetProperty("name").GetString() ?? throw new FormatException("a case's name is null"),
                [.. Properties(each).Where(p => p.Key != "name")]);
        }
    }

    private IEnumerable<(string Key, JsonElement Value)[]> Combinations(int axis, (string, JsonElement)[] point) => axis == Axes.Count
        ? [point]
        : Axes[axis].Values.SelectMany(value => Combinations(axis + 1, [.. point, (Axes[axis].Key, value)]));

    private SweepCell Cell(string name, (string Key, JsonElement Value)[] settings, (string Key, JsonElement Value)[] point)
    {
        var cell = new SweepCell { Case = name, Point = [.. point.Select(p => SweepAxis.Text(p.Value))], Options = new AlignmentOptions() };
        // If a key occurs twice, the last value counts; an option may need another one, which precedes it in the list.
        foreach (var (key, value) in settings.Concat(point).OrderBy(setting => Place(setting.Key)))
        {
            try
            {
                cell = key switch
                {
                    "pairs" => cell with { Rows = cell.Rows.With(value) },
                    "pairs_fraction" =>
                        cell with
                        {
                            Rows = cell.Rows with
                            {
                                Fraction = value.ValueKind == JsonValueKind.Number
                                ? value.GetDouble()
                                : throw Wrong("a number", value)
                            }
                        },
                    "unpaired" => cell with
                    {
                        Rows = cell.Rows with
                        {
                            Unpaired = TrainingRows.ReadCount(value) ?? throw Wrong("a whole number of at least 1", value)
                        },
                    },
                    "unpaired_rest" => cell with { Rows = cell.Rows with { UnpairedRest = IsTrue(value) } },
                    "baseline" => cell with { Baseline = BaselineList.Get(Word(value)) },
                    "own_texts" => cell with { OwnTexts = IsTrue(value) },
                    "text_model" => cell with
                    {
                        TextModel = Data.TextModels.Contains(Word(value)) ? Word(value)
                            : throw Wrong(Data.TextModels.Count == 0 ? "\"text_models\" in \"data\""
                                : $"one of {string.Join(", ", Data.TextModels)}", value),
                    },
                    "true_pictures" => cell with { TruePictures = IsTrue(value) },
                    "lora" => cell with { Lora = LoraOptions.Parse(Word(value)) },
                    "objective" when NamesTermOfBaselines(value) => cell with
                    {
                        Options = cell.Options with
                        {
                            Objective = AlignmentObjective.Parse(value.GetString()!, [CentroidUniformityTerm.Instance])
                        },
                    },
                    "bandwidth" when IsAutomatic(value) => cell with { AutomaticBandwidth = true },
                    "lambda" when IsAutomatic(value) => cell with { AutomaticLambda = true },
                    _ => cell with
                    {
                        Options = Option(key).Read(cell.Options, value),
                        AutomaticBandwidth = cell.AutomaticBandwidth && key != "bandwidth",
                        AutomaticLambda = cell.AutomaticLambda && key != "lambda",
                    },
                };
            }
            catch (InputException e)
            {
                throw Refused(e);
            }

            bool IsTrue(JsonElement flag) =>
                flag.ValueKind is JsonValueKind.True or JsonValueKind.False ? flag.GetBoolean() : throw Wrong("true or false", flag);

            string Word(JsonElement text) => text.ValueKind switch
            {
                JsonValueKind.String => text.GetString()!,
                JsonValueKind.Null => throw new FormatException($"\"{key}\" is null"),
                _ => throw Wrong("a text", text),
            };

            InputException Wrong(string expected, JsonElement got) =>
                new($"\"{key}\": expected {expected}, got {StrictJson.Describe(got)}");
        }

        try
        {
            cell.Options.Validate(option => $"\"{option.Key}\"");
        }
        catch (InputException e)
        {
            throw Refused(e);
        }

        if (cell.Lora is not null && Data.Model is null)
            throw new InputException($"{Path}: lora trains inside an encoder; give a model in \"data\"");
        if ((cell.Rows.Misfit ?? Misfit(cell)) is { } misfit) throw new InputException($"{Path}: {misfit}");
        return cell;

        InputException Refused(InputException e) => new(
            $"{Path}: {(e is AlignmentOptionException failure ? failure.MessageFor(option => $"\"{option.Key}\"") : e.Message)}", e);
    }

    // What of a cell does not go together; null if everything does.
    private string? Misfit(SweepCell cell)
    {
        if (cell.TruePictures && Data.Pictures is null) return "true_pictures is for pictures; give \"pictures\" in \"data\"";
        if (Data.Pictures is not null && cell.Options.Train != TrainedSide.Text)
            return "pictures need an image space that stays as the decoder knows it; give \"train\": \"text\" in \"options\"";
        if (Data.Pictures is not null && cell.Baseline is not null)
            return $"the baseline {cell.Baseline.Name} moves images too, and the decoder knows them as they were; leave it out";
        bool paired = cell.Rows.HasPairs;
        string rows = $"pairs are \"{cell.Rows}\"";
        if (!paired && cell.Lora is not null) return $"lora trains on pairs, but {rows}; leave one of them out";
        if (!paired && cell.Options.TokenWeight > 0) return $"token_weight is for pairs, but {rows}; leave one of them out";
        if (!paired && (cell.AutomaticBandwidth || cell.AutomaticLambda))
            return $"bandwidth and lambda are chosen on pairs, but {rows}; give values";
        if (cell.Baseline is not { } baseline) return null;
        if (!paired && baseline.NeedsPairs) return $"the baseline {baseline.Name} needs pairs, but {rows}; give \"all\" or a number";
        if (cell.Lora is not null) return $"the baseline {baseline.Name} does not train, but there is lora; leave one of them out";
        return Data.Model is not null && Data.Validation is null && baseline.Settings.Count > 0
            ? $"the {baseline.Setting} of the baseline {baseline.Name} is chosen on held-out pairs; give \"validation\" in \"data\""
            : null;
    }

    private static AlignmentOption Option(string key)
    {
        if (Place(key) >= 0) return AlignmentOptionList.All[Place(key)];
        string[] known = [.. AlignmentOptionList.All.Select(option => option.Key), .. OwnKeys];
        throw new InputException($"there is no option \"{key}\"; known are {string.Join(", ", known)}{Suggestion.End(key, known)}");
    }

    // The index among the options of align; -1 for other keys.
    private static int Place(string key) => AlignmentOptionList.All.Index().FirstOrDefault(each => each.Item.Key == key, (-1, null!)).Index;

    private static bool NamesTermOfBaselines(JsonElement value) => value.ValueKind == JsonValueKind.String
        && value.GetString()!.Split('+').Contains(CentroidUniformityTerm.Instance.Name);

    private static bool IsAutomatic(JsonElement value) =>
        value.ValueKind == JsonValueKind.String && value.GetString() == AlignmentOption.Automatic;

    // Without spaces, comments and trailing commas.
    private static string Compact(JsonElement value)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream)) value.WriteTo(writer);
        return Encoding.UTF8.GetString(stream.ToArray());
    }

    private static IEnumerable<(string Key, JsonElement Value)> Properties(JsonElement element) =>
        element.EnumerateObject().Select(p => (p.Name, p.Value.Clone()));

    private static string? Text(JsonElement root, string key) => root.TryGetProperty(key, out var value) ? value.GetString() : null;

    private static bool TryGetSeed(JsonElement value, out ulong seed)
    {
        seed = 0;
        if (value.ValueKind == JsonValueKind.Number && value.TryGetUInt64(out seed)) return true;
        bool isWhole = LenientJson.TryGetWhole(value, out long number) && number >= 0;
        if (isWhole) seed = (ulong)number;
        return isWhole;
    }

    private static bool IsParagraphs(JsonElement value) =>
        value.ValueKind == JsonValueKind.String
            || (value.ValueKind == JsonValueKind.Array && value.EnumerateArray().All(line => line.ValueKind == JsonValueKind.String));

    // A text, or lines of one: JSON has no other way to break a long one.
    private static string Paragraphs(JsonElement root, string key) =>
        !root.TryGetProperty(key, out var value) ? "" : value.ValueKind == JsonValueKind.Array
            ? string.Join('\n', value.EnumerateArray().Select(line => line.GetString()))
            : value.GetString() ?? "";
}
