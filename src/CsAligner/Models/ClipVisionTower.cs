using CsAligner.Tensors;
using CsAligner.Tensors.Autograd;
using CsAligner.Tensors.Ops;

namespace CsAligner.Models;

/// <summary>CLIP's vision tower: patches and a class token, whose last state is the feature. B batch, T tokens, W width,
/// P projection.</summary>
public sealed class ClipVisionTower
{
    private readonly ClipConfig _config;
    private readonly Tensor _class, _patches, _positions, _preWeight, _preBias, _postWeight, _postBias, _projection;
    private readonly LinearLayer _embed, _project;
    private readonly TransformerBlock[] _blocks;

    internal ClipVisionTower(ClipConfig config)
    {
        _config = config;
        int width = config.Vision.Width;
        _class = new Tensor(width);
        _patches = new Tensor(width, 3, config.PatchSize, config.PatchSize);
        _positions = new Tensor(config.VisionTokens, width);
        (_preWeight, _preBias) = (TransformerBlock.Ones(width), new Tensor(width));
        _blocks = [.. Enumerable.Range(0, config.Vision.Layers).Select(_ => new TransformerBlock(config.Vision))];
        (_postWeight, _postBias) = (TransformerBlock.Ones(width), new Tensor(width));
        _projection = new Tensor(config.ProjectionWidth, width);
        (_embed, _project) = (new LinearLayer(_patches.Reshape(width, -1)), new LinearLayer(_projection));
    }

    // "pre_layrnorm" is how the published files spell it.
    internal IEnumerable<NamedParameter> Parameters =>
    [
        new(_class, "vision_model.embeddings.class_embedding"),
        new(_patches, "vision_model.embeddings.patch_embedding.weight"),
        new(_positions, "vision_model.embeddings.position_embedding.weight"),
        new(_preWeight, "vision_model.pre_layrnorm.weight"),
        new(_preBias, "vision_model.pre_layrnorm.bias"),
        .. _blocks.SelectMany((block, i) => block.Parameters($"vision_model.encoder.layers.{i}.")),
        new(_postWeight, "vision_model.post_layernorm.weight"),
        new(_postBias, "vision_model.post_layernorm.bias"),
        new(_projection, "visual_projection.weight"),
    ];

    internal IReadOnlyList<TransformerBlock> Blocks => _blocks;

    internal LinearLayer Projection => _project;

    /// <summary>Whether the weights are frozen, so that inference may keep packed copies of them.</summary>
    internal bool Frozen
    {
        set
        {
            (_embed.Frozen, _project.Frozen) = (value, value);
            foreach (var block in _blocks) block.Frozen = value;
        }
    }

    /// <summary>The last hidden states, class token first, before the post layer norm.</summary>
    /// <param name="tape">The tape that records it.</param>
    /// <param name="pixels">[B, 3, S, S] with S the configured image size: RGB, normalised as the model's preprocessing says.</param>
    /// <returns>[B, T, W].</returns>
    /// <exception cref="ArgumentException">The images have another shape.</exception>
    public Tensor Hidden(Tape tape, Tensor pixels)
    {
        var x = BeforeLastBlock(tape, pixels);
        return _blocks[^1].Forward(tape, x, causal: false);
    }

    /// <summary>The images' features, not normalised.</summary>
    /// <param name="tape">The tape that records it.</param>
    /// <param name="pixels">As for <see cref="Hidden"/>.</param>
    /// <returns>[B, P].</returns>
    public Tensor Encode(Tape tape, Tensor pixels)
    {
        var x = BeforeLastBlock(tape, pixels);
        int batch = x.Shape[0], tokens = x.Shape[1];
        var pooled = _blocks[^1].ForwardPooled(tape, x, [.. Enumerable.Range(0, batch).Select(b => b * tokens)]);
        return _project.Forward(tape, tape.LayerNorm(pooled, _postWeight, _postBias, _config.Vision.LayerNormEpsilon));
    }

    /// <summary>
    /// The images' features and those of their patches, without the class token: the last hidden states through the post layer norm
    /// and the projection, as the feature goes.
    /// </summary>
    /// <param name="tape">The tape that records it.</param>
    /// <param name="pixels">As for <see cref="Hidden"/>.</param>
    public ClipTokens EncodeTokens(Tape tape, Tensor pixels)
    {
        var hidden = Hidden(tape, pixels);
        int batch = hidden.Shape[0], tokens = hidden.Shape[1];
        var all = tape.Normalize(
            _project.Forward(tape,
                tape.LayerNorm(hidden.Reshape(-1, hidden.Width), _postWeight, _postBias, _config.Vision.LayerNormEpsilon)));
        return new ClipTokens(
            tape.Gather(all, [.. Enumerable.Range(0, batch).Select(b => b * tokens)]),
            tape.Gather(all, [.. Enumerable.Range(0, batch * tokens).Where(row => row % tokens != 0)]),
            [.. Enumerable.Range(0, batch + 1).Select(b => b * (tokens - 1))]);
    }

    private Tensor BeforeLastBlock(Tape tape, Tensor pixels)
    {
        ArgumentNullException.ThrowIfNull(tape);
        ArgumentNullException.ThrowIfNull(pixels);
        if (pixels.Rank != 4 || pixels.Shape[1] != 3 || pixels.Shape[2] != _config.ImageSize || pixels.Shape[3] != _config.ImageSize)
            throw new ArgumentException($"The vision tower needs images [B, 3, {_config.ImageSize}, {_config.ImageSize}], got "
                + $"[{string.Join(", ", pixels.Shape.ToArray())}].", nameof(pixels));

        int batch = pixels.Shape[0], width = _config.Vision.Width;
        var x = tape.Scope(() =>
        {
            var patches = _embed.Forward(tape, tape.Patchify(pixels, _config.PatchSize));
            var tokens = tape.Concat(1, tape.Repeat(_class.Reshape(1, width), batch), patches);
            return tape.LayerNorm(tape.Add(tokens, _positions), _preWeight, _preBias, _config.Vision.LayerNormEpsilon);
        });
        foreach (var block in _blocks[..^1]) x = block.Forward(tape, x, causal: false);
        return x;
    }

    internal void Initialize(RandomGenerator random)
    {
        float deviation = MathF.Pow(_config.Vision.Width, -0.5f);
        TransformerBlock.Fill(_class, random, deviation);
        TransformerBlock.Fill(_patches, random, 0.02f);
        TransformerBlock.Fill(_positions, random, deviation);
        foreach (var block in _blocks) block.Initialize(random);
        TransformerBlock.Fill(_projection, random, deviation);
    }
}
