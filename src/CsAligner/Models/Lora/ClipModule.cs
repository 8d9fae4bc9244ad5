namespace CsAligner.Models.Lora;

/// <summary>A module of a CLIP under its name in Hugging Face's checkpoints.</summary>
/// <param name="Tower">Where it is.</param>
/// <param name="Name">"text_model.encoder.layers.0.mlp.fc1" and the like.</param>
/// <param name="Layer">The linear layer; null if the module is not one.</param>
/// <param name="First">The first of the layer's outputs that it has.</param>
/// <param name="Outputs">How many it has.</param>
internal sealed record ClipModule(ClipTower Tower, string Name, LinearLayer? Layer, int First, int Outputs)
{
    /// <summary>All modules that PyTorch names, text before image.</summary>
    public static IEnumerable<ClipModule> Of(ClipModel model) =>
    [
        .. OfTower(ClipTower.Text, "text_model", model.Text.Blocks, ["embeddings.token_embedding", "final_layer_norm"]),
        OfLayer(ClipTower.Text, "text_projection", model.Text.Projection),
        .. OfTower(ClipTower.Image, "vision_model", model.Vision.Blocks, ["embeddings.patch_embedding", "pre_layrnorm", "post_layernorm"]),
        OfLayer(ClipTower.Image, "visual_projection", model.Vision.Projection),
    ];

    private static IEnumerable<ClipModule> OfTower(ClipTower tower, string prefix, IReadOnlyList<TransformerBlock> blocks, string[] own)
    {
        yield return Other(prefix);
        foreach (string name in (string[])["embeddings", "embeddings.position_embedding", "encoder", "encoder.layers", .. own])
            yield return Other($"{prefix}.{name}");
        for (int i = 0; i < blocks.Count; i++)
        {
            string block = $"{prefix}.encoder.layers.{i}";
            yield return Other(block);
            foreach (string name in (string[])["self_attn", "layer_norm1", "mlp", "mlp.activation_fn", "layer_norm2"])
                yield return Other($"{block}.{name}");
            foreach (string name in LoraOptions.KnownModules)
            {
                var (path, layer, first, outputs) = blocks[i].Linear(name);
                yield return new(tower, $"{block}.{path}", layer, first, outputs);
            }
        }

        ClipModule Other(string name) => new(tower, name, null, 0, 0);
    }

    private static ClipModule OfLayer(ClipTower tower, string name, LinearLayer layer) => new(tower, name, layer, 0, layer.Weight.Shape[0]);
}
