using System.Text.Json;
using CsAligner.Models;
using CsAligner.Tensors;
using CsAligner.Tensors.Formats;

namespace CsAligner.Onnx;

/// <summary>
/// Where a model's graphs lie and what the files beside them say, in the layouts that are about: Hugging Face's (optimum,
/// Transformers.js, sentence-transformers) with the graphs in the folder or in its folder "onnx".
/// </summary>
internal sealed class OnnxModelFolder
{
    private static readonly string[] VisionNames = ["vision_model", "visual"], TextNames = ["text_model", "textual"],
        WholeNames = ["model"];

    // Their tables of positions begin behind the id of padding.
    private static readonly string[] PositionsAfterPadding = ["roberta", "xlm-roberta", "camembert", "mpnet"];

    // What sentence-transformers does with a text before the graph. Its settings for loading a model are in the graph already.
    private static readonly ConfigKeyRules TransformerSettings = new(
        ["max_seq_length", "do_lower_case"],
        [
            "transformer_task", "modality_config", "module_output_name", "model_args", "tokenizer_args", "config_args", "processor_args",
            "processor_kwargs", "model_kwargs", "config_kwargs", "tokenizer_name_or_path", "backend", "unpad_inputs",
        ],
        []);

    private static readonly (string Key, string Name, OnnxPooling? Kind)[] Poolings =
    [
        ("pooling_mode_cls_token", "cls", OnnxPooling.Cls), ("pooling_mode_mean_tokens", "mean", OnnxPooling.Mean),
        ("pooling_mode_max_tokens", "max", OnnxPooling.Max), ("pooling_mode_lasttoken", "lasttoken", OnnxPooling.Last),
        ("pooling_mode_mean_sqrt_len_tokens", "mean_sqrt_len_tokens", null), ("pooling_mode_weightedmean_tokens", "weightedmean", null),
    ];

    // Older files have a key for each way, newer ones name it.
    private static readonly ConfigKeyRules PoolingSettings = new([.. Poolings.Select(way =>
        way.Key), "pooling_mode", "include_prompt"], ["word_embedding_dimension", "embedding_dimension"], []);

    private static readonly ConfigKeyRules WholeSettings = new(
        ["prompts", "default_prompt_name"], ["__version__", "similarity_fn_name", "model_type", "truncate_dim"], []);

    private bool _poolsPrompt = true;

    private const string PromptFile = "config_sentence_transformers.json";

    private OnnxModelFolder(string folder, string? vision, string? text, string? whole)
    {
        (Folder, Vision, Text, Whole) = (folder, vision, text, whole);
        ReadJson("config.json", JsonValueKind.Object, root =>
        {
            ModelType = StringOf(root, "model_type") ?? "";
            bool nested = root.TryGetProperty("text_config", out var section) && section.ValueKind == JsonValueKind.Object;
            int? positions = Number(nested ? section : root, "max_position_embeddings");
            Positions = positions is { } count && PositionsAfterPadding.Contains(ModelType) ? count - 2 : positions;

            // What config.json leaves out is the family's own default.
            if (nested && positions is null)
                Positions = ModelType.StartsWith("siglip", StringComparison.Ordinal) ? 64 : ModelType == "clip" ? 77 : null;
        });
        ReadJson("sentence_bert_config.json", JsonValueKind.Object, root =>
        {
            TransformerSettings.Check(root, Path.Combine(Folder, "sentence_bert_config.json"));
            (SequenceLength, LowerCase) = (Number(root, "max_seq_length"), IsTrue(root, "do_lower_case"));
        });
        ReadModules();
        ReadJson(PromptFile, JsonValueKind.Object, ReadPrompt);
    }

    /// <summary>The folder that configuration, preprocessing and tokenizer are in.</summary>
    public string Folder { get; }

    /// <summary>The image graph; null if there is no separate one.</summary>
    public string? Vision { get; }

    /// <summary>The text graph; null if there is no separate one.</summary>
    public string? Text { get; }

    /// <summary>One graph: of images, of texts, or of both.</summary>
    public string? Whole { get; }

    /// <summary>"clip", "siglip", "dinov2", "bert" and others; empty if config.json does not say.</summary>
    public string ModelType { get; private set; } = "";

    /// <summary>How many tokens the model has positions for; null if config.json does not say.</summary>
    public int? Positions { get; private set; }

    /// <summary>What sentence-transformers reads of a text; null if it does not say.</summary>
    public int? SequenceLength { get; private set; }

    /// <summary>sentence-transformers' pooling; Auto where it does not say.</summary>
    public OnnxPooling Pooling { get; private set; }

    /// <summary>A sentence-transformers step after pooling, which is not supported; null if there is none.</summary>
    public string? LaterStep { get; private set; }

    /// <summary>Whether sentence-transformers makes letters small before it cuts a text into tokens.</summary>
    public bool LowerCase { get; private set; }

    /// <summary>The default prompt that sentence-transformers puts before each text; usually empty.</summary>
    public string Prompt { get; private set; } = "";

    /// <summary>Whether a path names a model in ONNX format: a file of that kind, or a folder with one.</summary>
    public static bool Is(string path) =>
        path.EndsWith(".onnx", StringComparison.OrdinalIgnoreCase)
            || (Directory.Exists(path) && Folders(path).Any(folder => Directory.EnumerateFiles(folder, "*.onnx").Any()));

    /// <summary>Whether config.json says that a folder's weights are those of a CLIP; also true if there is no config.json.</summary>
    public static bool IsClip(string folder)
    {
        var read = new OnnxModelFolder(folder, null, null, null);
        return read.ModelType is "clip" or "";
    }

    /// <summary>Finds the graphs.</summary>
    /// <param name="path">A folder, or one graph's file.</param>
    /// <param name="variant">Which of several is taken, such as fp16; null for the one without an ending.</param>
    /// <exception cref="InputException">There is no graph, or none of this variant.</exception>
    public static OnnxModelFolder Open(string path, string? variant)
    {
        if (path.EndsWith(".onnx", StringComparison.OrdinalIgnoreCase) && !Directory.Exists(path))
        {
            if (!File.Exists(path)) throw new InputException($"{path}: no such file; expected a model in ONNX format");
            string here = Path.GetDirectoryName(Path.GetFullPath(path))!;

            // For HF/onnx/model.onnx, the other files are one folder up.
            string above = Path.GetFileName(here) == "onnx" && !File.Exists(Path.Combine(here, "config.json"))
                ? Path.GetDirectoryName(here)!
                : here;
            return new(above, null, null, path);
        }

        if (!Directory.Exists(path))
            throw new InputException(
                $"{path}: no such folder; expected a model in ONNX format with config.json, and preprocessor_config.json or a tokenizer");
        string ending = variant is null ? "" : "_" + variant;
        foreach (string folder in Folders(path))
        {
            string? vision = First(VisionNames), text = First(TextNames);
            string? whole = vision is null && text is null ? First(WholeNames) : null;
            if ((vision ?? text ?? whole) is not null) return new(path, vision, text, whole);

            string? First(string[] names) => names.Select(name => Path.Combine(folder, $"{name}{ending}.onnx")).FirstOrDefault(File.Exists);
        }

        string[] found =
            [.. Folders(path).SelectMany(folder => Directory.EnumerateFiles(folder, "*.onnx"))
                .Select(file => Path.GetRelativePath(path, file)).Order(StringComparer.Ordinal)];
        throw new InputException(found.Length == 0
            ? $"{path}: there is no .onnx file in it or its folder onnx; export the model to ONNX, or give another folder"
            : $"{path}: expected model{ending}.onnx, or vision_model{ending}.onnx and text_model{ending}.onnx; it "
                + $"has {string.Join(", ", found.Take(8))}: name a variant (the part after '_') or the file itself");
    }

    private static IEnumerable<string> Folders(string path)
    {
        string below = Path.Combine(path, "onnx");
        if (Directory.Exists(below)) yield return below;
        yield return path;
    }

    private static string? StringOf(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String
            ? value.GetString()
            : null;

    private static int? Number(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number
            && value.TryGetInt32(out int number) && number is > 0 and <= 1 << 20 ? number : null;

    private static bool IsTrue(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.True;

    // modules.json lists the steps: transformer, pooling, and perhaps more.
    private void ReadModules()
    {
        string pooling = Path.Combine("1_Pooling", "config.json");
        ReadJson("modules.json", JsonValueKind.Array, modules =>
        {
            foreach (var module in modules.EnumerateArray())
            {
                string type = StringOf(module, "type") ?? "", kind = type[(type.LastIndexOf('.') + 1)..];
                if (kind == "Pooling") pooling = Path.Combine(StringOf(module, "path") ?? "1_Pooling", "config.json");
                else if (kind is not ("Transformer" or "Normalize"))
                    LaterStep = kind.Length > 0 ? kind : "an unnamed step";
            }
        });

        // The path comes from a file: it must stay below the folder.
        if (pooling.Contains('\0', StringComparison.Ordinal)
            || !Path.GetFullPath(Path.Combine(Folder, pooling))
                .StartsWith(Path.GetFullPath(Folder + Path.DirectorySeparatorChar), StringComparison.Ordinal)) return;
        ReadJson(pooling, JsonValueKind.Object, root =>
        {
            PoolingSettings.Check(root, Path.Combine(Folder, pooling));
            _poolsPrompt = !root.TryGetProperty("include_prompt", out var include) || include.ValueKind != JsonValueKind.False;
            string? named = StringOf(root, "pooling_mode");
            var chosen = Poolings.Where(way => IsTrue(root, way.Key) || way.Name == named).ToList();
            if (chosen is [{ Kind: { } kind }] && (named is null) == !root.TryGetProperty("pooling_mode", out _)) Pooling = kind;
            else LaterStep = "pooling other than mean, cls, max or last token";
        });
    }

    private void ReadPrompt(JsonElement root)
    {
        string file = Path.Combine(Folder, PromptFile);
        WholeSettings.Check(root, file);
        if (!root.TryGetProperty("default_prompt_name", out var name) || name.ValueKind == JsonValueKind.Null) return;
        Prompt = (name.ValueKind == JsonValueKind.String && root.TryGetProperty("prompts", out var prompts)
            ? StringOf(prompts, name.GetString()!)
            : null)
            ?? throw new InputException(
                $"{file}: default_prompt_name is {ConfigKeyRules.Shown(name)}, but prompts has no string with that name; download the "
                + "file again");
        if (Prompt.Length > 0 && !_poolsPrompt)
            throw new InputException(
                $"{file}: default_prompt_name is {ConfigKeyRules.Shown(name)}, whose tokens the pooling ignores (include_prompt is "
                + "false), which is not supported; set it to null to embed texts without a prompt, or export the model with its output "
                + "sentence_embedding");
    }

    private void ReadJson(string name, JsonValueKind kind, Action<JsonElement> read)
    {
        string path = Path.Combine(Folder, name);
        if (!File.Exists(path)) return;
        try
        {
            using var document = LenientJson.Parse(File.ReadAllBytes(path));
            if (document.RootElement.ValueKind != kind)
                throw new InputException(
                    $"{path}: expected a JSON {(kind == JsonValueKind.Object ? "object" : "array")}; download the file again");
            read(document.RootElement);
        }
        catch (JsonException e)
        {
            throw new InputException($"{path}: not valid JSON (line {e.LineNumber + 1}); download the file again", e);
        }
        catch (InvalidOperationException e)
        {
            // Bytes and escapes that pass as JSON and fail as text.
            throw new InputException($"{path}: not valid JSON ({e.Message.TrimEnd('.')}); download the file again", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"cannot read '{path}': {e.Message}", e);
        }
    }
}
