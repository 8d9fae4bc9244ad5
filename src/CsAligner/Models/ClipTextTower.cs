using CsAligner.Tensors;
using CsAligner.Tensors.Autograd;
using CsAligner.Tensors.Ops;
using CsAligner.Tokenizers;

namespace CsAligner.Models;

/// <summary>CLIP's text tower: a causal transformer, its feature taken at the end token. B batch, T tokens, W width,
/// P projection.</summary>
public sealed class ClipTextTower
{
    private readonly ClipConfig _config;
    private readonly Tensor _tokens, _positions, _finalWeight, _finalBias, _projection;
    private readonly LinearLayer _project;
    private readonly TransformerBlock[] _blocks;

    internal ClipTextTower(ClipConfig config)
    {
        _config = config;
        int width = config.Text.Width;
        _tokens = new Tensor(config.VocabularySize, width);
        _positions = new Tensor(config.ContextLength, width);
        _blocks = [.. Enumerable.Range(0, config.Text.Layers).Select(_ => new TransformerBlock(config.Text))];
        (_finalWeight, _finalBias) = (TransformerBlock.Ones(width), new Tensor(width));
        _projection = new Tensor(config.ProjectionWidth, width);
        _project = new LinearLayer(_projection);
    }

    internal IEnumerable<NamedParameter> Parameters =>
    [
        new(_tokens, "text_model.embeddings.token_embedding.weight"),
        new(_positions, "text_model.embeddings.position_embedding.weight"),
        .. _blocks.SelectMany((block, i) => block.Parameters($"text_model.encoder.layers.{i}.")),
        new(_finalWeight, "text_model.final_layer_norm.weight"),
        new(_finalBias, "text_model.final_layer_norm.bias"),
        new(_projection, "text_projection.weight"),
    ];

    internal IReadOnlyList<TransformerBlock> Blocks => _blocks;

    internal LinearLayer Projection => _project;

    /// <summary>Whether the weights are frozen, so that inference may keep packed copies of them.</summary>
    internal bool Frozen
    {
        set
        {
            _project.Frozen = value;
            foreach (var block in _blocks) block.Frozen = value;
        }
    }

    /// <summary>The hidden states before the final layer norm.</summary>
    /// <param name="tape">The tape that records it.</param>
    /// <param name="ids">B T token numbers, row after row; each row begins with the begin token, holds the end token,
    /// and what follows that is not seen.</param>
    /// <param name="batch">B, at least 1.</param>
    /// <returns>[B, T, W].</returns>
    /// <exception cref="ArgumentException">The ids are no B rows, or the rows are longer than the context.</exception>
    public Tensor Hidden(Tape tape, int[] ids, int batch)
    {
        int tokens = TokensOf(tape, ids, batch);
        var embedded = tape.Gather(_tokens, ids).Reshape(batch, tokens, _config.Text.Width);
        var x = tape.Add(embedded, tape.Slice(_positions, 0, 0, tokens));
        foreach (var block in _blocks) x = block.Forward(tape, x, causal: true);
        return x;
    }

    /// <summary>The texts' features, not normalised.</summary>
    /// <param name="tape">The tape that records it.</param>
    /// <param name="ids">As for <see cref="Hidden"/>.</param>
    /// <param name="batch">B, at least 1.</param>
    /// <returns>[B, P].</returns>
    /// <exception cref="ArgumentException">As for <see cref="Hidden"/>, or a row without end token.</exception>
    public Tensor Encode(Tape tape, int[] ids, int batch)
    {
        int tokens = TokensOf(tape, ids, batch);
        var packed = Pack(ids, tokens, LengthsOf(ids, tokens, batch));
        return Pool(tape, packed);
    }

    /// <summary>The texts' features, not normalised.</summary>
    /// <param name="tape">The tape that records it.</param>
    /// <param name="texts">N texts from this model's tokenizer.</param>
    /// <returns>[N, P], in the order of the texts.</returns>
    /// <exception cref="ArgumentException">The texts are longer than the context.</exception>
    public Tensor Encode(Tape tape, TokenBatch texts)
    {
        ArgumentNullException.ThrowIfNull(texts);
        TokensOf(tape, texts.Ids, texts.Count);
        return Pool(tape, Pack(texts.Ids, texts.ContextLength, texts.Lengths));
    }

    /// <summary>
    /// The texts' features and those of their words, without begin and end: the last hidden states through the final layer norm and
    /// the projection, as the feature goes. A text without words keeps its end token.
    /// </summary>
    /// <param name="tape">The tape that records it.</param>
    /// <param name="ids">As for <see cref="Hidden"/>.</param>
    /// <param name="batch">B, at least 1.</param>
    /// <exception cref="ArgumentException">As for <see cref="Encode(Tape, int[], int)"/>.</exception>
    public ClipTokens EncodeTokens(Tape tape, int[] ids, int batch)
    {
        int tokens = TokensOf(tape, ids, batch);
        return WithTokens(tape, Pack(ids, tokens, LengthsOf(ids, tokens, batch)));
    }

    /// <summary>As <see cref="EncodeTokens(Tape, int[], int)"/>, of texts from this model's tokenizer.</summary>
    /// <param name="tape">The tape that records it.</param>
    /// <param name="texts">B texts.</param>
    /// <exception cref="ArgumentException">The texts are longer than the context.</exception>
    public ClipTokens EncodeTokens(Tape tape, TokenBatch texts)
    {
        ArgumentNullException.ThrowIfNull(texts);
        TokensOf(tape, texts.Ids, texts.Count);
        return WithTokens(tape, Pack(texts.Ids, texts.ContextLength, texts.Lengths));
    }

    private Tensor Pool(Tape tape, PackedTexts texts)
    {
        var x = BeforeLastBlock(tape, texts);
        var pooled = _blocks[^1].ForwardPooled(tape, x, texts.Ends, texts.Offsets);
        return Project(tape, pooled);
    }

    private ClipTokens WithTokens(Tape tape, PackedTexts texts)
    {
        var x = BeforeLastBlock(tape, texts);
        var all = tape.Normalize(Project(tape, _blocks[^1].Forward(tape, x, causal: true, texts.Offsets)));
        var words = new List<int>(texts.Ids.Length);
        int[] offsets = new int[texts.Offsets.Length];
        for (int b = 0; b < texts.Ends.Length; b++)
        {
            int first = texts.Offsets[b] + 1, end = texts.Ends[b];
            words.AddRange(first < end ? Enumerable.Range(first, end - first) : [end]);
            offsets[b + 1] = words.Count;
        }

        return new ClipTokens(tape.Gather(all, texts.Ends), tape.Gather(all, [.. words]), offsets);
    }

    private Tensor BeforeLastBlock(Tape tape, PackedTexts texts)
    {
        var x = tape.Scope(() => tape.Add(tape.Gather(_tokens, texts.Ids), tape.Gather(_positions, texts.Places)));
        foreach (var block in _blocks.AsSpan(..^1)) x = block.Forward(tape, x, causal: true, texts.Offsets);
        return x;
    }

    private Tensor Project(Tape tape, Tensor states) =>
        _project.Forward(tape, tape.LayerNorm(states, _finalWeight, _finalBias, _config.Text.LayerNormEpsilon));

    private int[] LengthsOf(int[] ids, int tokens, int batch)
    {
        var lengths = new int[batch];
        for (int b = 0; b < batch; b++)
        {
            lengths[b] = ids.AsSpan(b * tokens, tokens).IndexOf(_config.EndToken) + 1;
            if (lengths[b] == 0) throw new ArgumentException($"Row {b} of the token ids has no end token {_config.EndToken}.", nameof(ids));
        }

        return lengths;
    }

    // Texts differ in length: packed one below the other, nothing is computed for padding.
    private static PackedTexts Pack(int[] ids, int stride, int[] lengths)
    {
        int[] offsets = new int[lengths.Length + 1], ends = new int[lengths.Length];
        for (int b = 0; b < lengths.Length; b++)
        {
            offsets[b + 1] = offsets[b] + lengths[b];
            ends[b] = offsets[b + 1] - 1;
        }

        int[] packed = new int[offsets[^1]], places = new int[offsets[^1]];
        for (int b = 0; b < lengths.Length; b++)
        {
            ids.AsSpan(b * stride, lengths[b]).CopyTo(packed.AsSpan(offsets[b]));
            for (int t = 0; t < lengths[b]; t++) places[offsets[b] + t] = t;
        }

        return new PackedTexts(packed, places, offsets, ends);
    }

    private int TokensOf(Tape tape, int[] ids, int batch)
    {
        ArgumentNullException.ThrowIfNull(tape);
        ArgumentNullException.ThrowIfNull(ids);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(batch);
        int tokens = ids.Length / batch;
        return tokens > 0 && tokens * batch == ids.Length && tokens <= _config.ContextLength
            ? tokens
            : throw new ArgumentException($"{ids.Length} token ids are not {batch} rows of 1 to {_config.ContextLength}.", nameof(ids));
    }

    internal void Initialize(RandomGenerator random)
    {
        TransformerBlock.Fill(_tokens, random, 0.02f);
        TransformerBlock.Fill(_positions, random, 0.01f);
        foreach (var block in _blocks) block.Initialize(random);
        TransformerBlock.Fill(_projection, random, MathF.Pow(_config.Text.Width, -0.5f));
    }

    /// <summary>Token numbers, each one's place in its text, where each text begins (and all end),
    /// and the row of each text's end token.</summary>
    private readonly record struct PackedTexts(int[] Ids, int[] Places, int[] Offsets, int[] Ends);
}
