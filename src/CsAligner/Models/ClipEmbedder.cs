using CsAligner.Tensors;
using CsAligner.Tensors.Autograd;
using CsAligner.Tensors.Ops;
using CsAligner.Tokenizers;

namespace CsAligner.Models;

/// <summary>
/// Turns images and texts into features of unit length with a frozen CLIP, batch by batch: the next images are read while these
/// are computed.
/// </summary>
public sealed class ClipEmbedder : IImageEncoder, ITextEncoder
{
    // Tokens of a batch: enough to keep the matrix products busy, few enough that what a block leaves for the next one is still in
    // the cache when that reads it.
    private const int TokensPerBatch = 1024;

    // Texts that are cut into tokens at a time.
    private const int TextsPerRound = 8192;

    private readonly ClipModel _model;
    private readonly ImagePreprocessing _preprocessing;
    private readonly ClipTokenizer _tokenizer;

    /// <summary>An embedder for the parts of one model.</summary>
    /// <param name="model">The towers; they are frozen (<see cref="ClipModel.Freeze"/>).</param>
    /// <param name="preprocessing">How images are prepared; its size is the model's.</param>
    /// <param name="tokenizer">The model's tokenizer.</param>
    /// <exception cref="InputException">The three do not belong together.</exception>
    public ClipEmbedder(ClipModel model, ImagePreprocessing preprocessing, ClipTokenizer tokenizer)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(preprocessing);
        ArgumentNullException.ThrowIfNull(tokenizer);
        if (preprocessing.ImageSize != model.Config.ImageSize)
            throw new InputException(
                $"The model's images have {model.Config.ImageSize} pixels a "
                    + $"side, but {ImagePreprocessing.FileName} says {preprocessing.ImageSize}; take all files from one model.");
        if (tokenizer.VocabularySize > model.Config.VocabularySize)
            throw new InputException($"The model knows {model.Config.VocabularySize} tokens, but vocab.json has "
                + $"{tokenizer.VocabularySize}; take all files from one model.");
        (_model, _preprocessing, _tokenizer) = (model, preprocessing, tokenizer);
        _model.Freeze();
    }

    /// <summary>The side of the images it takes, in pixels.</summary>
    public int ImageSize => _preprocessing.ImageSize;

    /// <summary>The width of the features.</summary>
    public int Width => _model.Config.ProjectionWidth;

    /// <summary>Reads a model folder in Hugging Face's layout.</summary>
    /// <param name="folder">
    /// Holds config.json, model.safetensors, preprocessor_config.json (or processor_config.json),
    /// and vocab.json with merges.txt (or tokenizer.json).
    /// </param>
    /// <exception cref="InputException">A file is missing or damaged, or they do not belong together.</exception>
    public static ClipEmbedder Load(string folder)
    {
        if (!Directory.Exists(folder))
            throw new InputException($"{folder}: no such folder; expected a model in Hugging Face layout (config.json, model.safetensors, "
                + "vocab.json, merges.txt, preprocessor_config.json).");
        return new(ClipModel.Load(folder), ImagePreprocessing.ReadFolder(folder), ClipTokenizer.Load(folder));
    }

    /// <summary>The towers.</summary>
    public ClipModel Model => _model;

    /// <summary>How texts are cut into tokens.</summary>
    public ClipTokenizer Tokenizer => _tokenizer;

    /// <summary>How images are prepared.</summary>
    public ImagePreprocessing Preprocessing => _preprocessing;

    /// <summary>True: patches go through the same last layer norm and projection.</summary>
    public bool HasImageTokens => true;

    /// <summary>True: words go through the same last layer norm and projection.</summary>
    public bool HasTextTokens => true;

    /// <summary>Features of images, and of their patches where wanted, batch by batch: for sets larger than memory.</summary>
    /// <param name="count">The number of images N.</param>
    /// <param name="read">
    /// Writes image i, 8-bit interleaved RGB of the model's size S, into a span of S S 3 bytes. Called on another thread, in order
    /// and never twice at once; what it throws is thrown here.
    /// </param>
    /// <param name="tokens">Whether the patches' features are wanted too (<see cref="ClipVisionTower.EncodeTokens"/>).</param>
    /// <param name="write">Takes each batch, in order.</param>
    /// <param name="batchSize">Images in a batch, at least 1; null chooses by the model's size.</param>
    /// <param name="cancellation">Stops between batches.</param>
    public void EmbedImages(int count, ImageReader read, bool tokens, Action<EmbeddedBatch> write, int? batchSize = null,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(read);
        ArgumentNullException.ThrowIfNull(write);
        int size = 3 * ImageSize * ImageSize, batch = batchSize ?? TokensPerBatch / _model.Config.VisionTokens;
        ImageBatches.Run(count, size, batch, read, Compute, cancellation);

        void Compute(int start, ReadOnlyMemory<byte> rgb)
        {
            using var tape = Tape.Inference();
            var pixels = new Tensor(rgb.Length / size, 3, ImageSize, ImageSize);
            _preprocessing.Normalize(rgb.Span, pixels);
            write(tokens
                ? Batch(start, _model.Vision.EncodeTokens(tape, pixels))
                : new EmbeddedBatch(start, tape.Normalize(_model.Vision.Encode(tape, pixels))));
        }
    }

    /// <summary>Features of texts, and of their words where wanted, batch by batch: for sets larger than memory.</summary>
    /// <param name="texts">The texts; longer ones than the model's context are cut.</param>
    /// <param name="tokens">Whether the words' features are wanted too
    /// (<see cref="ClipTextTower.EncodeTokens(Tape, TokenBatch)"/>).</param>
    /// <param name="write">Takes each batch, in order.</param>
    /// <param name="batchSize">Texts in a batch, at least 1; null chooses by their length.</param>
    /// <param name="cancellation">Stops between batches.</param>
    public void EmbedTexts(IReadOnlyList<string> texts, bool tokens, Action<EmbeddedBatch> write, int? batchSize = null,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(texts);
        ArgumentNullException.ThrowIfNull(write);
        for (int start = 0; start < texts.Count; start += TextsPerRound)
        {
            var round = _tokenizer.EncodeBatch([.. texts.Skip(start).Take(TextsPerRound)], _model.Config.ContextLength);
            for (int first = 0; first < round.Count;)
            {
                cancellation.ThrowIfCancellationRequested();
                int end = batchSize is { } size ? Math.Min(first + size, round.Count) : EndOfBatch(round.Lengths, first);
                using var tape = Tape.Inference();
                var part = round.Slice(first, end - first);
                write(tokens
                    ? Batch(start + first, _model.Text.EncodeTokens(tape, part))
                    : new EmbeddedBatch(start + first, tape.Normalize(_model.Text.Encode(tape, part))));
                first = end;
            }
        }
    }

    private static int EndOfBatch(int[] lengths, int first)
    {
        int end = first, length = 0;
        while (end < lengths.Length && (end == first || length + lengths[end] <= TokensPerBatch)) length += lengths[end++];
        return end;
    }

    private static EmbeddedBatch Batch(int first, ClipTokens made) => new(first, made.Pooled, made.Tokens, made.Offsets);
}
