using System.Text.Json;
using System.Text.Json.Nodes;
using CsAligner.Tensors;
using CsAligner.Tensors.Formats;

namespace CsAligner.Models;

/// <summary>The shape of a CLIP: what Hugging Face's config.json holds.</summary>
public sealed record ClipConfig
{
    private const int LargestSize = 1 << 20;

    /// <summary>Width of the space both towers project into ("projection_dim").</summary>
    public required int ProjectionWidth { get; init; }

    /// <summary>The text tower's transformer.</summary>
    public required TransformerConfig Text { get; init; }

    /// <summary>The vision tower's transformer.</summary>
    public required TransformerConfig Vision { get; init; }

    /// <summary>Entries of the token table ("vocab_size").</summary>
    public required int VocabularySize { get; init; }

    /// <summary>The most tokens a text can have, begin and end included ("max_position_embeddings").</summary>
    public required int ContextLength { get; init; }

    /// <summary>The token whose position holds the text's feature ("eos_token_id").</summary>
    public required int EndToken { get; init; }

    /// <summary>The side of the square input in pixels ("image_size"); a multiple of <see cref="PatchSize"/>.</summary>
    public required int ImageSize { get; init; }

    /// <summary>The side of a patch in pixels ("patch_size").</summary>
    public required int PatchSize { get; init; }

    /// <summary>The logarithm of the logit scale at the start of training ("logit_scale_init_value").</summary>
    public float LogitScaleInit { get; init; } = 2.6592f;

    /// <summary>The number of vision tokens: the class token and the patches.</summary>
    public int VisionTokens => 1 + (ImageSize / PatchSize * (ImageSize / PatchSize));

    /// <summary>Reads config.json.</summary>
    /// <param name="path">The file; its name appears in errors.</param>
    /// <exception cref="InputException">The file is missing, is not JSON, or asks for something that is not a CLIP of sane
    /// sizes.</exception>
    public static ClipConfig Read(string path)
    {
        if (!File.Exists(path))
            throw new InputException($"{path}: no such file; a CLIP folder in Hugging Face layout has config.json, model.safetensors, "
                + "vocab.json, merges.txt and preprocessor_config.json.");
        try
        {
            using var document = LenientJson.Parse(File.ReadAllBytes(path), new JsonDocumentOptions { AllowDuplicateProperties = false });
            return FromJson(document.RootElement, path);
        }
        catch (JsonException e)
        {
            throw new InputException($"{path}: not valid JSON (line {e.LineNumber + 1}); download the file again.", e);
        }
        catch (InvalidOperationException e)
        {
            // Bytes and escapes that pass as JSON and fail as text.
            throw new InputException($"{path}: not valid JSON ({e.Message.TrimEnd('.')}); download the file again.", e);
        }
    }

    /// <summary>The configuration as config.json's text, indented.</summary>
    public string ToJson()
    {
        var text = Transformer(Text, "clip_text_model");
        text["vocab_size"] = VocabularySize;
        text["max_position_embeddings"] = ContextLength;
        text["bos_token_id"] = EndToken - 1;
        text["eos_token_id"] = EndToken;
        text["pad_token_id"] = EndToken;
        var vision = Transformer(Vision, "clip_vision_model");
        vision["image_size"] = ImageSize;
        vision["patch_size"] = PatchSize;
        vision["num_channels"] = 3;
        var root = new JsonObject
        {
            ["architectures"] = new JsonArray("CLIPModel"),
            ["model_type"] = "clip",
            ["projection_dim"] = ProjectionWidth,
            ["logit_scale_init_value"] = LogitScaleInit,
            ["text_config"] = text,
            ["vision_config"] = vision,
        };
        return root.ToJsonString(new JsonSerializerOptions { WriteIndented = true }) + "\n";
    }

    private static ClipConfig FromJson(JsonElement root, string path)
    {
        if (root.ValueKind != JsonValueKind.Object)
            throw new InputException($"{path}: expected a JSON object with text_config and vision_config.");
        RequireType(root, "model_type", path, "clip");
        var text = Section(root, "text_config", path);
        var vision = Section(root, "vision_config", path);
        ClipSettings.Whole.Check(root, path);
        RequireType(text, "text_config.model_type", path, "clip_text_model", "clip");
        RequireType(vision, "vision_config.model_type", path, "clip_vision_model", "clip");
        ClipSettings.Text.Check(text, path, "text_config");
        ClipSettings.Vision.Check(vision, path, "vision_config");
        int projection = Size(root, "projection_dim", 512, path);
        int vocabulary = Size(text, "vocab_size", 49408, path);

        // The first published checkpoints say eos_token_id = 2 and mean the highest id of the vocabulary.
        int end = Size(text, "eos_token_id", vocabulary - 1, path);
        if (end == 2) end = vocabulary - 1;
        var config = new ClipConfig
        {
            ProjectionWidth = projection,
            Text = Transformer(text, 512, 2048, 8, path),
            Vision = Transformer(vision, 768, 3072, 12, path),
            VocabularySize = vocabulary,
            ContextLength = Size(text, "max_position_embeddings", 77, path),
            EndToken = end,
            ImageSize = Size(vision, "image_size", 224, path),
            PatchSize = Size(vision, "patch_size", 32, path),
            LogitScaleInit = Number(root, "logit_scale_init_value", 2.6592f, path),
        };
        if (config.EndToken >= vocabulary)
            throw new InputException($"{path}: eos_token_id {config.EndToken} is not below vocab_size {vocabulary}.");
        if (config.ImageSize % config.PatchSize != 0)
            throw new InputException($"{path}: image_size {config.ImageSize} is not a multiple of patch_size {config.PatchSize}.");
        if (Size(vision, "num_channels", 3, path) != 3) throw new InputException($"{path}: num_channels must be 3 (RGB).");
        return config;
    }

    // Others have towers of the same names that compute something else.
    private static void RequireType(JsonElement section, string key, string path, params ReadOnlySpan<string> expected)
    {
        if (!section.TryGetProperty("model_type", out var type) || type.ValueKind == JsonValueKind.Null) return;
        if (type.ValueKind == JsonValueKind.String && expected.Contains(type.GetString())) return;
        throw new InputException(
            $"{path}: \"{key}\" is {ConfigKeyRules.Shown(type)}; expected {expected[0]}: use models of other kinds as ONNX graphs.");
    }

    // Older files repeat what they set in a "text_config_dict", which counts where the two differ.
    private static JsonElement Section(JsonElement root, string name, string path)
    {
        bool found = root.TryGetProperty(name, out var section) && section.ValueKind == JsonValueKind.Object;
        if (!root.TryGetProperty(name + "_dict", out var set) || set.ValueKind != JsonValueKind.Object)
            return found
                ? section
                : throw new InputException($"{path}: no object \"{name}\"; expected the config.json of a Hugging Face CLIPModel.");
        var merged = found ? JsonObject.Create(section)! : [];
        foreach (var property in set.EnumerateObject()) merged[property.Name] = Node(property.Value);
        using var document = JsonDocument.Parse(merged.ToJsonString());
        return document.RootElement.Clone();

        // Raw text may hold comments and trailing commas.
        static JsonNode? Node(JsonElement value) =>
            JsonNode.Parse(value.GetRawText(), null,
                new JsonDocumentOptions { AllowTrailingCommas = true, CommentHandling = JsonCommentHandling.Skip });
    }

    private static TransformerConfig Transformer(JsonElement section, int width, int mlpWidth, int heads, string path)
    {
        string activation = !section.TryGetProperty("hidden_act", out var act) ? "quick_gelu" : act.ValueKind == JsonValueKind.String
            ? act.GetString()!
            : ConfigKeyRules.Shown(act);
        var config = new TransformerConfig
        {
            Width = Size(section, "hidden_size", width, path),
            MlpWidth = Size(section, "intermediate_size", mlpWidth, path),
            Layers = Size(section, "num_hidden_layers", 12, path),
            Heads = Size(section, "num_attention_heads", heads, path),
            Activation = activation switch
            {
                "quick_gelu" => Activation.QuickGelu,
                "gelu" => Activation.Gelu,
                _ => throw new InputException($"{path}: hidden_act \"{activation}\" is not supported; expected quick_gelu or gelu."),
            },
            LayerNormEpsilon = Number(section, "layer_norm_eps", 1e-5f, path),
        };
        if (config.Width % config.Heads != 0)
            throw new InputException($"{path}: hidden_size {config.Width} is not a multiple of num_attention_heads {config.Heads}.");
        return config;
    }

    private static int Size(JsonElement section, string name, int fallback, string path)
    {
        if (!section.TryGetProperty(name, out var element)) return fallback;
        return element.ValueKind == JsonValueKind.Number && element.TryGetInt32(out int size) && size is > 0 and <= LargestSize
            ? size
            : throw new InputException($"{path}: \"{name}\" is {element.GetRawText()}; expected a whole number from 1 to {LargestSize}.");
    }

    private static float Number(JsonElement section, string name, float fallback, string path)
    {
        if (!section.TryGetProperty(name, out var element)) return fallback;
        return element.ValueKind == JsonValueKind.Number && element.TryGetSingle(out float value) && float.IsFinite(value)
            && (name != "layer_norm_eps" || value > 0)
            ? value
            : throw new InputException(
                $"{path}: \"{name}\" is {element.GetRawText()}; expected a {(name == "layer_norm_eps" ? "positive " : "")}number.");
    }

    private JsonObject Transformer(TransformerConfig config, string type) => new()
    {
        ["model_type"] = type,
        ["hidden_size"] = config.Width,
        ["intermediate_size"] = config.MlpWidth,
        ["num_hidden_layers"] = config.Layers,
        ["num_attention_heads"] = config.Heads,
        ["hidden_act"] = config.Activation == Activation.Gelu ? "gelu" : "quick_gelu",
        ["layer_norm_eps"] = config.LayerNormEpsilon,
        ["projection_dim"] = ProjectionWidth,
    };
}
