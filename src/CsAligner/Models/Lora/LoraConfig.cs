using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using CsAligner.Tensors;
using CsAligner.Tensors.Formats;

namespace CsAligner.Models.Lora;

/// <summary>PEFT's adapter_config.json, for LoRA in the linear layers of a CLIP: which modules, of what rank and scale.</summary>
internal sealed class LoraConfig
{
    private const int MostBytes = 1 << 20;

    private const string AllLinear = "all-linear";

    // What PEFT computes with when it reads a trained adapter. The rest begins a training, or belongs to other kinds of models.
    private static readonly ConfigKeyRules Known = new(
        read:
        [
            "peft_type", "r", "lora_alpha", "target_modules", "exclude_modules", "layers_to_transform", "layers_pattern", "rank_pattern",
            "alpha_pattern", "use_rslora", "init_lora_weights", "bias",
        ],
        harmless:
        [
            "task_type", "base_model_name_or_path", "revision", "auto_mapping", "inference_mode", "peft_version", "lora_dropout",
            "runtime_config", "megatron_core", "qalora_group_size", "ensure_weight_tying", "eva_config", "merge_weights",
        ],
        off: [])
    {
        FalseIsOff = true,
    };

    // Others take something out of the model's own weights before they begin.
    private static readonly string[] InitialisationsThatKeepTheModel = ["gaussian", "eva", "orthogonal"];

    private readonly string _path;
    private readonly JsonElement _root;
    private readonly ModuleNames _targets;
    private readonly ModuleNames? _excluded;
    private readonly int[]? _layers;
    private readonly string[] _layersPatterns;
    private readonly (string Pattern, int Value)[] _ranks;
    private readonly (string Pattern, double Value)[] _alphas;
    private readonly int _rank;
    private readonly double _alpha;
    private readonly bool _stabilised;

    private LoraConfig(JsonElement root, string path)
    {
        (_path, _root) = (path, root);
        if (root.ValueKind != JsonValueKind.Object) throw new InputException($"{path}: expected a JSON object, as PEFT writes it");
        if (Required("peft_type").ToString() is not "LORA" and var type)
            throw new InputException($"{path}: peft_type is {type}, expected LORA");
        Known.Check(root, path);
        if (Optional("bias") is { } bias && bias.ToString() != "none")
            throw Unsupported("bias", bias, "only \"none\" is: trained biases are not supported");
        if (Optional("init_lora_weights") is { } start && !KeepsTheModel(start))
            throw Unsupported(
                "init_lora_weights",
                start,
                "it changes the model's own weights: convert it with PEFT (save_pretrained with path_initial_model_for_weight_conversion)");
        (_rank, _alpha, _stabilised) = (Rank(Required("r"), "r"), Number(Required("lora_alpha"), "lora_alpha"), Flag("use_rslora"));
        _ranks = [.. Patterns("rank_pattern").Select(p => (p.Name, Rank(p.Value, $"rank_pattern.{p.Name}")))];
        _alphas = [.. Patterns("alpha_pattern").Select(p => (p.Name, Number(p.Value, $"alpha_pattern.{p.Name}")))];
        _targets = Names("target_modules", Required("target_modules"));
        _excluded = Optional("exclude_modules") is { } excluded ? Names("exclude_modules", excluded) : null;
        _layers = Optional("layers_to_transform") is { } layers
            ? [.. One(layers).Select(layer => Whole(layer, "layers_to_transform"))]
            : null;
        _layersPatterns = Optional("layers_pattern") is { } patterns
            ? [.. One(patterns).Select(pattern => Text(pattern, "layers_pattern"))]
            : [];
        if (_layers is { Length: 0 }) _layers = null;
        if (_layersPatterns.Length > 0 && _layers is null)
            throw new InputException(
                $"{path}: layers_pattern needs layers_to_transform; PEFT refuses this too");
        if (_layers is not null && _targets.Pattern is not null)
            throw new InputException(
                $"{path}: layers_to_transform needs a list in target_modules, not an expression; PEFT refuses this too");
    }

    /// <summary>As PEFT writes it for one tower.</summary>
    public static string ToJson(LoraOptions options, string baseModel) => ToJson(baseModel, options.Rank, options.Alpha, writer =>
    {
        // A list of names would match them in both towers; PEFT takes a text as a regular expression.
        writer.WriteString("target_modules",
            $@"{(options.Tower == ClipTower.Text ? "text_model" : "vision_model")}\..*\.({string.Join('|', options.Modules)})");
    });

    /// <summary>As PEFT writes it for modules that have little in common.</summary>
    public static string ToJson(IReadOnlyList<LoraModule> modules, string baseModel) =>
        ToJson(baseModel, modules[0].Rank, modules[0].Alpha, writer =>
    {
        writer.WriteStartArray("target_modules");
        foreach (var module in modules) writer.WriteStringValue(module.Name);
        writer.WriteEndArray();
        writer.WriteStartObject("rank_pattern");
        foreach (var module in modules) writer.WriteNumber(Regex.Escape(module.Name), module.Rank);
        writer.WriteEndObject();
        writer.WriteStartObject("alpha_pattern");
        foreach (var module in modules) writer.WriteNumber(Regex.Escape(module.Name), module.Alpha);
        writer.WriteEndObject();
    });

    /// <summary>Reads the settings.</summary>
    /// <exception cref="InputException">The file is missing or damaged, or asks for something that is not supported.</exception>
    public static LoraConfig Read(string path)
    {
        var info = new FileInfo(path);
        if (!info.Exists)
            throw new InputException($"{path}: no such file; expected the adapter_config.json of LoRA that PEFT or csalign wrote");
        if (info.Length > MostBytes) throw new InputException($"{path}: {info.Length} bytes are too many for adapter_config.json");
        try
        {
            using var document = LenientJson.Parse(File.ReadAllBytes(path), new JsonDocumentOptions { AllowDuplicateProperties = false });
            return new LoraConfig(document.RootElement.Clone(), path);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException)
        {
            throw new InputException(
                $"{path}: this is not a PEFT configuration of LoRA ({e.Message}); expected peft_type, r, lora_alpha and target_modules", e);
        }
    }

    /// <summary>Whether a module gets LoRA.</summary>
    /// <param name="module">Its name in the model: "text_model.encoder.layers.0.mlp.fc1".</param>
    /// <param name="isLinear">Whether it is a linear layer.</param>
    public bool Targets(string module, bool isLinear)
    {
        if (_excluded?.Match(module) == true) return false;
        if (_targets.Pattern == AllLinear ? !isLinear : !_targets.Match(module)) return false;
        return _layers is null || (LayerOf(module) is { } layer && _layers.Contains(layer));
    }

    /// <summary>A module's rank and lora_alpha; one whose scale is not alpha / r has the alpha that makes it so.</summary>
    public (int Rank, double Alpha) Of(string module)
    {
        int rank = ValueOf(_ranks, module, _rank, "rank_pattern");
        double alpha = ValueOf(_alphas, module, _alpha, "alpha_pattern");

        // rsLoRA scales by alpha / sqrt(r).
        return (rank, _stabilised ? alpha * Math.Sqrt(rank) : alpha);
    }

    // The first that fits the end of the path, from a dot on, counts.
    private T ValueOf<T>((string Pattern, T Value)[] patterns, string module, T otherwise, string key)
    {
        foreach (var (pattern, value) in patterns)
            if (Matches($@"^(.*\.)?({pattern})$", module, key)) return value;
        return otherwise;
    }

    private static bool KeepsTheModel(JsonElement initialisation) =>
        initialisation.ValueKind is JsonValueKind.True or JsonValueKind.False
            || InitialisationsThatKeepTheModel.Contains(initialisation.ToString());

    private int? LayerOf(string module)
    {
        foreach (string pattern in _layersPatterns.DefaultIfEmpty("[^.]*"))
        {
            var match = Run($@"^.*\.{pattern}\.(\d+)\.", module, "layers_pattern");
            if (match.Success && int.TryParse(match.Groups[^1].ValueSpan, out int layer)) return layer;
        }

        return null;
    }

    private bool Matches(string pattern, string module, string key) => Run(pattern, module, key).Success;

    private Match Run(string pattern, string module, string key)
    {
        try
        {
            // Python writes names of groups in its own way.
            return Regex.Match(module, pattern.Replace("(?P<", "(?<", StringComparison.Ordinal), RegexOptions.CultureInvariant,
                TimeSpan.FromSeconds(1));
        }
        catch (Exception e) when (e is ArgumentException or RegexMatchTimeoutException)
        {
            throw new InputException($"{_path}: {key} is not a supported regular expression ({e.Message.ReplaceLineEndings(" ")})", e);
        }
    }

    private static string ToJson(string baseModel, int rank, double alpha, Action<Utf8JsonWriter> modules)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true }))
        {
            writer.WriteStartObject();
            writer.WriteString("peft_type", "LORA");
            writer.WriteNull("task_type");
            writer.WriteString("base_model_name_or_path", baseModel);
            writer.WriteNumber("r", rank);
            writer.WriteNumber("lora_alpha", alpha);
            writer.WriteNumber("lora_dropout", 0);
            writer.WriteString("bias", "none");
            writer.WriteBoolean("fan_in_fan_out", false);
            writer.WriteBoolean("inference_mode", true);
            modules(writer);
            writer.WriteEndObject();
        }

        return Encoding.UTF8.GetString(stream.ToArray());
    }

    private ModuleNames Names(string key, JsonElement value)
    {
        if (value.ValueKind == JsonValueKind.Array)
            return new ModuleNames(this, key, null, [.. value.EnumerateArray().Select(name => Text(name, key))]);
        string pattern = Text(value, key);
        return new ModuleNames(this, key, string.Equals(pattern, AllLinear, StringComparison.OrdinalIgnoreCase) ? AllLinear : pattern, []);
    }

    private JsonElement Required(string key) =>
        Optional(key) ?? throw new InputException(
            $"{_path}: no \"{key}\"; this is not a PEFT configuration of LoRA: expected peft_type, r, lora_alpha and target_modules");

    private JsonElement? Optional(string key) =>
        _root.TryGetProperty(key, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;

    private JsonProperty[] Patterns(string key) => Optional(key) switch
    {
        null => [],
        { ValueKind: JsonValueKind.Object } patterns => [.. patterns.EnumerateObject()],
        { } other => throw Wrong(key, other, "an object of names and numbers"),
    };

    private static JsonElement[] One(JsonElement value) => value.ValueKind == JsonValueKind.Array ? [.. value.EnumerateArray()] : [value];

    private bool Flag(string key) =>
        Optional(key) is { } value
            && (value.ValueKind is JsonValueKind.True or JsonValueKind.False
                ? value.GetBoolean()
                : throw Wrong(key, value, "true or false"));

    private int Rank(JsonElement value, string key) =>
        Whole(value, key) is >= 1 and <= LoraOptions.LargestRank and var rank
            ? rank
            : throw Wrong(key, value, $"1 to {LoraOptions.LargestRank}");

    private int Whole(JsonElement value, string key) =>
        value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out int number) ? number : throw Wrong(key, value, "a whole number");

    private double Number(JsonElement value, string key) =>
        value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out double number) && double.IsFinite(number)
            ? number
            : throw Wrong(key, value, "a number");

    private string Text(JsonElement value, string key) =>
        value.ValueKind == JsonValueKind.String ? value.GetString()! : throw Wrong(key, value, "a string or a list of strings");

    private InputException Wrong(string key, JsonElement value, string expected) =>
        new($"{_path}: {key} is {ConfigKeyRules.Shown(value)}; expected {expected}");

    private InputException Unsupported(string key, JsonElement value, string why) =>
        new($"{_path}: {key} is {ConfigKeyRules.Shown(value)}, which is not supported: {why}");

    // A list holds names or the ends of paths; an expression fits the whole path.
    private sealed record ModuleNames(LoraConfig Config, string Key, string? Pattern, string[] Ends)
    {
        public bool Match(string module) => Pattern is null
            ? Ends.Any(end => module == end || module.EndsWith("." + end, StringComparison.Ordinal))
            : Config.Matches($@"^(?:{Pattern})\z", module, Key);
    }
}
