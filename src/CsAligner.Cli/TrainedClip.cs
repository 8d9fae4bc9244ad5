using CsAligner.Models;
using CsAligner.Models.Lora;
using CsAligner.Tensors;
using CsAligner.Tokenizers;
using CsAligner.Training;

namespace CsAligner.Cli;

/// <summary>A CLIP folder whose towers get LoRA.</summary>
internal sealed class TrainedClip
{
    private readonly ClipTokenizer _tokenizer;

    private TrainedClip(string folder, ClipModel model, ClipPreprocessing preprocessing, ClipTokenizer tokenizer) =>
        (Folder, Model, Preprocessing, _tokenizer) = (folder, model, preprocessing, tokenizer);

    public string Folder { get; }

    public ClipModel Model { get; }

    public ClipPreprocessing Preprocessing { get; }

    public static TrainedClip Load(string folder) =>
        new(folder, ClipModel.Load(folder), ClipPreprocessing.Read(Path.Combine(folder, ClipPreprocessing.FileName)), ClipTokenizer.Load(folder));

    /// <summary>The text tower, with LoRA at its start.</summary>
    public ClipEncoder Texts(LoraOptions options, ulong seed, IReadOnlyList<string> texts) =>
        new(Model, ClipLora.Attach(Model, options, new RandomGenerator(seed)), _tokenizer.EncodeBatch([.. texts], Model.Config.ContextLength));

    /// <summary>The vision tower, with LoRA at its start.</summary>
    public ClipEncoder Images(LoraOptions options, ulong seed, int count, ImageReader read, string name) =>
        new(Model, ClipLora.Attach(Model, options, new RandomGenerator(seed)), Preprocessing, count, read, name);

    /// <summary>Embeds with the towers as they are now.</summary>
    public ClipEmbedder Embedder() => new(Model, Preprocessing, _tokenizer);
}
