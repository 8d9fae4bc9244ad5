using CsAligner.Models;
using CsAligner.Models.Lora;
using CsAligner.Tensors;
using CsAligner.Training;

namespace CsAligner.Studies.Encoders;

/// <summary>A CLIP folder whose towers get LoRA.</summary>
/// <param name="Folder">The folder.</param>
/// <param name="Embedder">Embeds with the current towers.</param>
internal sealed record TrainedClip(string Folder, ClipEmbedder Embedder)
{
    public ClipModel Model => Embedder.Model;

    public static TrainedClip Load(string model)
    {
        string folder = NamedModel.PathOf(model);
        return new(folder, ClipEmbedder.Load(folder));
    }

    /// <summary>The text tower, with LoRA at its start.</summary>
    public ClipEncoder Texts(LoraOptions options, ulong seed, IReadOnlyList<string> texts) =>
        new(Model, ClipLora.Attach(Model, options, new RandomGenerator(seed)),
            Embedder.Tokenizer.EncodeBatch([.. texts], Model.Config.ContextLength));

    /// <summary>The vision tower, with LoRA at its start.</summary>
    public ClipEncoder Images(LoraOptions options, ulong seed, int count, ImageReader read, string name) =>
        new(Model, ClipLora.Attach(Model, options, new RandomGenerator(seed)), Embedder.Preprocessing, count, read, name);
}
