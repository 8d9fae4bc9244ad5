using CsAligner.Tensors;
using CsAligner.Tensors.Autograd;
using CsAligner.Tensors.Ops;
using CsAligner.Tokenizers;

namespace CsAligner.Models;

/// <summary>CLIP's text tower: a causal transformer, its feature taken at the end token. B batch, T tokens, W width, P projection.</summary>
public sealed class ClipTextTower
{
    private const int SmallestGroup = 64;

    private readonly ClipConfig _config;
    private readonly Tensor _tokens, _positions, _finalWeight, _finalBias, _projection;
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

    /// <summary>Whether weights stay as they are, so that inference may keep packed copies of them.</summary>
    internal bool Frozen
    {
        set
        {
            foreach (var block in _blocks) block.Frozen = value;
        }
    }

    /// <summary>The hidden states before the final layer norm.</summary>
    /// <param name="tape">The tape that records it.</param>
    /// <param name="ids">B T token numbers, row after row; each row begins with the begin token, holds the end token, and what follows that is not seen.</param>
    /// <param name="batch">B, at least 1.</param>
    /// <returns>[B, T, W].</returns>
    /// <exception cref="ArgumentException">The ids are no B rows, or the rows are longer than the context.</exception>
    public Tensor Hidden(Tape tape, int[] ids, int batch)
    {
        var x = BeforeLastBlock(tape, ids, batch);
        return _blocks[^1].Forward(tape, x, causal: true);
    }

    /// <summary>The texts' features, not normalised.</summary>
    /// <param name="tape">The tape that records it.</param>
    /// <param name="ids">As for <see cref="Hidden"/>.</param>
    /// <param name="batch">B, at least 1.</param>
    /// <returns>[B, P].</returns>
    /// <exception cref="ArgumentException">As for <see cref="Hidden"/>, or a row without end token.</exception>
    public Tensor Encode(Tape tape, int[] ids, int batch)
    {
        var x = BeforeLastBlock(tape, ids, batch);
        int tokens = ids.Length / batch;
        var ends = new int[batch];
        for (int b = 0; b < batch; b++)
        {
            int end = ids.AsSpan(b * tokens, tokens).IndexOf(_config.EndToken);
            if (end < 0) throw new ArgumentException($"Row {b} of the token ids has no end token {_config.EndToken}.", nameof(ids));
            ends[b] = (b * tokens) + end;
        }

        var pooled = _blocks[^1].ForwardPooled(tape, x, ends, causal: true);
        return tape.Linear(tape.LayerNorm(pooled, _finalWeight, _finalBias, _config.Text.LayerNormEpsilon), _projection);
    }

    /// <summary>The texts' features, not normalised. Texts of like length are computed together, so that little padding is.</summary>
    /// <param name="tape">The tape that records it.</param>
    /// <param name="texts">N texts from this model's tokenizer.</param>
    /// <returns>[N, P], in the order of the texts.</returns>
    public Tensor Encode(Tape tape, TokenBatch texts)
    {
        ArgumentNullException.ThrowIfNull(tape);
        ArgumentNullException.ThrowIfNull(texts);
        int[] order = OrderByLength(texts.Lengths);
        var groups = new List<Tensor>();
        for (int start = 0; start < order.Length;)
        {
            int end = EndOfGroup(texts, order, start);
            int length = texts.Lengths[order[end - 1]];
            var ids = new int[(end - start) * length];
            for (int i = start; i < end; i++) texts.Row(order[i])[..length].CopyTo(ids.AsSpan((i - start) * length));
            int count = end - start;
            groups.Add(tape.Scope(() => Encode(tape, ids, count)));
            start = end;
        }

        var place = new int[order.Length];
        for (int i = 0; i < order.Length; i++) place[order[i]] = i;
        return tape.Gather(groups.Count == 1 ? groups[0] : tape.Concat(0, [.. groups]), place);
    }

    private Tensor BeforeLastBlock(Tape tape, int[] ids, int batch)
    {
        ArgumentNullException.ThrowIfNull(tape);
        ArgumentNullException.ThrowIfNull(ids);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(batch);
        int tokens = ids.Length / batch;
        if (tokens == 0 || tokens * batch != ids.Length || tokens > _config.ContextLength)
            throw new ArgumentException($"{ids.Length} token ids are not {batch} rows of 1 to {_config.ContextLength}.", nameof(ids));

        var embedded = tape.Gather(_tokens, ids).Reshape(batch, tokens, _config.Text.Width);
        var x = tape.Add(embedded, tape.Slice(_positions, 0, 0, tokens));
        foreach (var block in _blocks[..^1]) x = block.Forward(tape, x, causal: true);
        return x;
    }

    private static int[] OrderByLength(int[] lengths)
    {
        var order = new int[lengths.Length];
        for (int i = 0; i < order.Length; i++) order[i] = i;
        order.AsSpan().Sort((a, b) => lengths[a] != lengths[b] ? lengths[a].CompareTo(lengths[b]) : a.CompareTo(b));
        return order;
    }

    // A group ends where the next text is longer, once it has enough rows to keep the matrix products busy.
    private static int EndOfGroup(TokenBatch texts, int[] order, int start)
    {
        int end = start + 1;
        while (end < order.Length && (end - start < SmallestGroup || texts.Lengths[order[end]] == texts.Lengths[order[end - 1]])) end++;
        return end;
    }

    internal void Initialize(RandomGenerator random)
    {
        TransformerBlock.Fill(_tokens, random, 0.02f);
        TransformerBlock.Fill(_positions, random, 0.01f);
        foreach (var block in _blocks) block.Initialize(random);
        TransformerBlock.Fill(_projection, random, MathF.Pow(_config.Text.Width, -0.5f));
    }
}
