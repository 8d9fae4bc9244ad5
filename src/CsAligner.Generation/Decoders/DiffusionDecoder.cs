using CsAligner.Models;
using CsAligner.Tensors;
using CsAligner.Tensors.Autograd;
using CsAligner.Tensors.Formats;
using CsAligner.Tensors.Ops;

namespace CsAligner.Generation.Decoders;

/// <summary>
/// It is a diffusion transformer on pixels that knows image embeddings and nothing of texts: from a noisy picture, how noisy it is, and the
/// embedding of the wanted picture it predicts the clean one. Patches are tokens; time and condition are embedded, added, and steer every
/// block (adaLN-zero; Peebles and Xie 2023, arXiv 2212.09748), the prediction is the picture itself (Li and He 2025, arXiv 2511.13720).
/// B batch, S side, T tokens, W width, D width of conditions.
/// </summary>
public sealed class DiffusionDecoder
{
    /// <summary>Instead of a row of the conditions: the learned condition that stands for none.</summary>
    public const int Unconditional = -1;

    internal const int FinalVectors = 2;

    private const int FinalShift = 0, FinalScale = 1;

    private readonly LinearLayer _patchEmbed, _timeIn, _timeOut, _conditionEmbed, _finalModulation, _finalLinear;
    private readonly Tensor _positions, _nullCondition;
    private readonly DecoderBlock[] _blocks;

    private DiffusionDecoder(DecoderConfig config)
    {
        Config = config;
        int width = config.HiddenSize;
        _patchEmbed = new LinearLayer(config.PatchLength, width);
        _positions = new Tensor(config.Tokens, width);
        (_timeIn, _timeOut) = (new LinearLayer(TimestepEmbedding.Count, width), new LinearLayer(width, width));
        _conditionEmbed = new LinearLayer(config.ConditionSize, width);
        _nullCondition = new Tensor(width);
        _blocks = [.. Enumerable.Range(0, config.NumHiddenLayers).Select(_ => new DecoderBlock(config))];
        _finalModulation = new LinearLayer(width, FinalVectors * width);
        _finalLinear = new LinearLayer(width, config.PatchLength);
    }

    /// <summary>The decoder's shape.</summary>
    public DecoderConfig Config { get; }

    /// <summary>The number of trainable values.</summary>
    public long ParameterCount => NamedTensors.Sum(p => (long)p.Values.Length);

    /// <summary>Every trainable tensor and its name in files.</summary>
    public IEnumerable<(string Name, Tensor Values)> NamedTensors =>
    [
        .. Layers.SelectMany(l => new[] { (l.Name + ".weight", l.Layer.Weight), (l.Name + ".bias", l.Layer.Bias!) }),
        ("position_embedding", _positions),
        ("null_condition", _nullCondition),
    ];

    private IEnumerable<(string Name, LinearLayer Layer)> Layers =>
    [
        ("patch_embed", _patchEmbed),
        ("time_embed.0", _timeIn),
        ("time_embed.2", _timeOut),
        ("condition_embed", _conditionEmbed),
        .. _blocks.SelectMany((block, i) => block.Layers.Select(l => ($"layers.{i}.{l.Name}", l.Layer))),
        ("final.modulation", _finalModulation),
        ("final.linear", _finalLinear),
    ];

    /// <summary>A decoder at its random start, ready to train: every block the identity, every prediction 0.</summary>
    /// <param name="config">Its shape.</param>
    /// <param name="random">The random source of the weights.</param>
    /// <exception cref="ArgumentException">The configuration is not one of a decoder.</exception>
    public static DiffusionDecoder Create(DecoderConfig config, RandomGenerator random)
    {
        ArgumentNullException.ThrowIfNull(config);
        ArgumentNullException.ThrowIfNull(random);
        if (config.Problem() is { } problem) throw new ArgumentException($"Not a valid decoder configuration: {problem}.", nameof(config));
        var decoder = new DiffusionDecoder(config);
        foreach (var layer in (LinearLayer[])[decoder._patchEmbed, decoder._timeIn, decoder._timeOut, decoder._conditionEmbed])
            FillLinear(layer, random);
        SinusoidalPositions.Fill(decoder._positions);
        Fill(decoder._nullCondition, random, 0.02f);
        foreach (var block in decoder._blocks) block.Initialize(random);
        return decoder;
    }

    /// <summary>Reads a decoder's folder; its weights stay as they are until <see cref="RequireGrad"/>.</summary>
    /// <param name="folder">Holds config.json and model.safetensors (float16, bfloat16, float32 or float64).</param>
    /// <exception cref="InputException">
    /// A file is missing or damaged, the weights are not those that the configuration describes, or one is not a finite number.
    /// </exception>
    public static DiffusionDecoder Load(string folder)
    {
        var config = DecoderConfig.Read(Path.Combine(folder, DecoderConfig.FileName));
        using var files = SafeTensorsSet.Open(folder);
        CheckSize(config, files);
        var decoder = new DiffusionDecoder(config);
        foreach (var (name, values) in decoder.NamedTensors) Read(files, name, values);
        decoder.RequireGrad(false);
        return decoder;
    }

    /// <summary>Writes config.json and model.safetensors, each atomically.</summary>
    /// <param name="folder">Made if it does not exist; what else it holds stays.</param>
    /// <param name="type">The type of the stored weights.</param>
    public void Save(string folder, ElementType type = ElementType.Float32)
    {
        AtomicFile.CreateFolder(folder);
        var writer = new SafeTensorsWriter();
        writer.SetMetadata("format", "pt");
        WrittenBy.SetMetadata(writer);
        foreach (var (name, values) in NamedTensors) writer.Add(name, values.Span.ToArray(), values.Shape.ToArray(), type);
        writer.Write(Path.Combine(folder, SafeTensorsSet.SingleFile));
        AtomicFile.WriteAllText(Path.Combine(folder, DecoderConfig.FileName), Config.ToJson());
    }

    /// <summary>
    /// Sets whether the weights are trained. While they are not, copies in the order the processor likes are kept of them.
    /// </summary>
    /// <param name="requiresGrad">True to train them.</param>
    public void RequireGrad(bool requiresGrad)
    {
        foreach (var (_, values) in NamedTensors) values.RequiresGrad = requiresGrad;
        foreach (var (_, layer) in Layers) layer.Frozen = !requiresGrad;
    }

    /// <summary>The clean pictures that noisy ones come from, as far as the decoder can tell.</summary>
    /// <param name="tape">The tape that records it.</param>
    /// <param name="noisy">[B, 3, S, S]: t of the picture (RGB, -1 to 1) and 1 - t of standard normal noise.</param>
    /// <param name="times">t of each, 0 (noise) to 1 (picture).</param>
    /// <param name="conditions">[N, D]: embeddings of unit length.</param>
    /// <param name="rows">For each of the B its row of the conditions, or <see cref="Unconditional"/>.</param>
    /// <returns>[B, 3, S, S].</returns>
    /// <exception cref="ArgumentException">Shapes do not fit the decoder or each other.</exception>
    public Tensor Predict(Tape tape, Tensor noisy, ReadOnlySpan<float> times, Tensor conditions, ReadOnlySpan<int> rows)
    {
        ArgumentNullException.ThrowIfNull(tape);
        ArgumentNullException.ThrowIfNull(noisy);
        ArgumentNullException.ThrowIfNull(conditions);
        int size = Config.ImageSize;
        if (noisy.Rank != 4 || noisy.Shape[1] != 3 || noisy.Shape[2] != size || noisy.Shape[3] != size)
            throw new ArgumentException(
                $"The decoder needs pictures [B, 3, {size}, {size}], got [{string.Join(", ", noisy.Shape.ToArray())}].",
                nameof(noisy));
        if (conditions.Rank != 2 || conditions.Width != Config.ConditionSize)
            throw new ArgumentException(
                $"The decoder is conditioned on rows of {Config.ConditionSize}, got [{string.Join(", ", conditions.Shape.ToArray())}].",
                nameof(conditions));
        if (times.Length != noisy.Shape[0] || rows.Length != noisy.Shape[0])
            throw new ArgumentException(
                $"{noisy.Shape[0]} pictures need the same number of times and rows, got {times.Length} and {rows.Length}.",
                nameof(times));

        var signal = Signal(tape, times, conditions, rows);
        var x = tape.Add(_patchEmbed.Forward(tape, tape.Patchify(noisy, Config.PatchSize)), _positions);
        foreach (var block in _blocks) x = block.Forward(tape, x, signal);
        var last = tape.ModulatedLayerNorm(x, _finalModulation.Forward(tape, signal), FinalShift, FinalScale);
        return tape.Unpatchify(_finalLinear.Forward(tape, last), size, size, Config.PatchSize);
    }

    // The input of the blocks' modulation, [B, W]: SiLU(time + condition).
    private Tensor Signal(Tape tape, ReadOnlySpan<float> times, Tensor conditions, ReadOnlySpan<int> rows)
    {
        var time = _timeOut.Forward(tape, tape.Silu(_timeIn.Forward(tape, TimestepEmbedding.Of(tape, times))));

        // Unit rows of D values are scaled so that a value's size does not depend on D.
        var embedded = _conditionEmbed.Forward(tape, tape.Scale(conditions, MathF.Sqrt(Config.ConditionSize)));
        var choices = tape.Concat(0, embedded, _nullCondition.Reshape(1, Config.HiddenSize));
        var picked = new int[rows.Length];
        for (int b = 0; b < picked.Length; b++) picked[b] = rows[b] == Unconditional ? conditions.Shape[0] : rows[b];
        return tape.Silu(tape.Add(time, tape.Gather(choices, picked)));
    }

    internal static void FillLinear(LinearLayer layer, RandomGenerator random)
    {
        // Xavier's: the variance of what goes forward and of what comes back stays about the same.
        Fill(layer.Weight, random, MathF.Sqrt(2f / (layer.Weight.Shape[0] + layer.Weight.Shape[1])));
    }

    private static void Fill(Tensor tensor, RandomGenerator random, float deviation)
        => Tensor.Normal(random, deviation, tensor.Shape).Span.CopyTo(tensor.Span);

    // Before a decoder is allocated: a few bytes of config.json may ask for more memory than there is.
    private static void CheckSize(DecoderConfig config, SafeTensorsSet files)
    {
        long stored = 0;
        foreach (string name in files.Names)
        {
            if (files.TryGetFile(name, out var file)) stored += file.Info(name).Count;
        }

        if (stored >= config.ParameterCount) return;
        throw new InputException(
            $"{files.Path}: holds {stored} values, but config.json describes a decoder of {config.ParameterCount}. "
            + "Are both files from the same model?");
    }

    private static void Read(SafeTensorsSet files, string name, Tensor values)
    {
        if (!files.TryGetFile(name, out var file) || !file.TryGetInfo(name, out var info))
            throw new InputException(
                $"{files.Path}: no tensor \"{name}\"; config.json describes a decoder that has it. "
                + "Are both files from the same model?");
        if (!info.Shape.SequenceEqual(values.Shape.ToArray().Select(size => (long)size)))
            throw new InputException(
                $"{file.Path}: tensor \"{name}\" has shape [{string.Join(", ", info.Shape)}], "
                + $"config.json asks for [{string.Join(", ", values.Shape.ToArray())}]. Are both files from the same model?");
        file.ReadWeights(name, values.Span);
    }
}
