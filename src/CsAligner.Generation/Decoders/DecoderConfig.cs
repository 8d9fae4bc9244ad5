using System.Text.Json;
using System.Text.Json.Serialization;
using CsAligner.Tensors;
using CsAligner.Tensors.Formats;

namespace CsAligner.Generation.Decoders;

/// <summary>The shape of a <see cref="DiffusionDecoder"/>: what its config.json holds.</summary>
public sealed record DecoderConfig
{
    /// <summary>The file's name in a model folder.</summary>
    public const string FileName = "config.json";

    /// <summary>The model type in the file ("model_type").</summary>
    public const string Type = "csaligner_decoder";

    /// <summary>The kind of model; <see cref="Type"/>.</summary>
    public string ModelType { get; init; } = Type;

    // Attention takes memory by its square.
    private const int MostTokens = 16_384;

    /// <summary>The side S of the pictures in pixels, 4 to 1024; a multiple of <see cref="PatchSize"/>.</summary>
    public required int ImageSize { get; init; }

    /// <summary>The side of a patch in pixels, 1 to 256.</summary>
    public required int PatchSize { get; init; }

    /// <summary>Width W of the residual stream, 1 to 4096; a multiple of <see cref="NumAttentionHeads"/>.</summary>
    public required int HiddenSize { get; init; }

    /// <summary>Width of the hidden layer of each MLP, 1 to 16384.</summary>
    public required int IntermediateSize { get; init; }

    /// <summary>The number of blocks, 1 to 64.</summary>
    public required int NumHiddenLayers { get; init; }

    /// <summary>Attention heads of each block.</summary>
    public required int NumAttentionHeads { get; init; }

    /// <summary>Width D of the embeddings it is conditioned on, 1 to 16384.</summary>
    public required int ConditionSize { get; init; }

    /// <summary>Patches T of a picture.</summary>
    [JsonIgnore]
    public int Tokens => ImageSize / PatchSize * (ImageSize / PatchSize);

    /// <summary>Values of a patch.</summary>
    [JsonIgnore]
    public int PatchLength => 3 * PatchSize * PatchSize;

    /// <summary>The number of trainable values of such a decoder, known before anything is allocated.</summary>
    [JsonIgnore]
    public long ParameterCount
    {
        get
        {
            long width = HiddenSize;
            long picture = Linear(PatchLength, width) + (Tokens * width);
            long time = Linear(TimestepEmbedding.Count, width) + Linear(width, width);
            long condition = Linear(ConditionSize, width) + width;
            long attention = Linear(width, 3 * width) + Linear(width, width);
            long mlp = Linear(width, IntermediateSize) + Linear(IntermediateSize, width);
            long block = Linear(width, DecoderBlock.Vectors * width) + attention + mlp;
            long last = Linear(width, DiffusionDecoder.FinalVectors * width) + Linear(width, PatchLength);
            return picture + time + condition + (NumHiddenLayers * block) + last;

            static long Linear(long inputs, long outputs) => (inputs + 1) * outputs;
        }
    }

    /// <summary>Reads and checks config.json.</summary>
    /// <param name="path">The file; its name appears in errors.</param>
    /// <exception cref="InputException">
    /// The file is missing, is not JSON, has an unknown key, lacks one, or describes no decoder.
    /// </exception>
    public static DecoderConfig Read(string path)
    {
        if (!File.Exists(path))
            throw new InputException($"{path}: no such file; a decoder's folder holds config.json and model.safetensors.");
        try
        {
            var config = JsonSerializer.Deserialize(LenientJson.ToPlain(File.ReadAllBytes(path)).Span, DecoderJson.Default.DecoderConfig)
                ?? throw new InputException($"{path}: expected a JSON object that describes a decoder.");
            if (config.Problem() is { } problem) throw new InputException($"{path}: {problem}.");
            return config;
        }
        catch (JsonException e)
        {
            throw new InputException(
                $"{path}: does not describe a decoder ({e.Message.ReplaceLineEndings(" ")}); "
                + $"expected model_type \"{Type}\" and the decoder's sizes.", e);
        }
    }

    /// <summary>The configuration as config.json's text, indented.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, DecoderJson.Default.DecoderConfig) + "\n";

    /// <summary>The problem with the sizes, naming the key; null if there is none.</summary>
    internal string? Problem()
    {
        if (ModelType != Type) return $"model_type is \"{ModelType}\", expected \"{Type}\"";
        if (PatchSize is < 1 or > 256) return $"patch_size is {PatchSize}, expected 1 to 256";
        if (ImageSize is < 4 or > 1024 || ImageSize % PatchSize != 0)
            return $"image_size is {ImageSize}, expected 4 to 1024 and a multiple of patch_size {PatchSize}";
        if (Tokens > MostTokens)
            return $"image_size {ImageSize} is {Tokens} patches of patch_size {PatchSize}, expected at most {MostTokens}";
        if (HiddenSize is < 1 or > 4096) return $"hidden_size is {HiddenSize}, expected 1 to 4096";
        if (NumAttentionHeads < 1 || HiddenSize % NumAttentionHeads != 0)
            return $"num_attention_heads is {NumAttentionHeads}, expected a divisor of hidden_size {HiddenSize}";
        if (IntermediateSize is < 1 or > 16384) return $"intermediate_size is {IntermediateSize}, expected 1 to 16384";
        if (NumHiddenLayers is < 1 or > 64) return $"num_hidden_layers is {NumHiddenLayers}, expected 1 to 64";
        return ConditionSize is < 1 or > 16384 ? $"condition_size is {ConditionSize}, expected 1 to 16384" : null;
    }
}
