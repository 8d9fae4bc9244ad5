using CsAligner.Models;
using CsAligner.Tensors;
using CsAligner.Tokenizers;
using CsAligner.Tokenizers.Pipeline;

namespace CsAligner.Onnx;

/// <summary>A frozen encoder of texts that ONNX Runtime computes: a CLIP's or SigLIP's text tower, or a sentence encoder.
/// Several threads may embed at once.</summary>
public sealed class OnnxTextEncoder : ITextEncoder, IDisposable
{
    // Tokens of a batch.
    private const int ProcessorTokens = 2048, GpuTokens = 32768;

    // Texts that are sorted by length and written together.
    private const int TextsPerRound = 256;

    // Tables of tokens are padded to round sizes, and tokenizers have tokens that no text needs: some hundreds at most.
    private const int MostSpareRows = 1024;

    // Where neither tokenizer nor configuration says.
    private const int UsualContext = 512;

    private readonly OnnxGraph _graph;
    private readonly ITokenizer _tokenizer;
    private readonly OnnxValueInfo _output;
    private readonly OnnxPooling _pooling;
    private readonly bool _trims, _attendsAll, _lowers;
    private readonly string _prompt;
    private readonly int _tokensPerBatch, _imageSize;

    internal OnnxTextEncoder(OnnxGraph graph, OnnxModelFolder folder, OnnxOptions options, ITokenizer tokenizer, int imageSize = 0)
    {
        (_graph, _tokenizer, _imageSize) = (graph, tokenizer, imageSize);
        if (graph.Ids is null) throw new InputException($"{graph.Session.Path}: it takes no tokens; {graph.Declared}");
        ContextLength = Math.Min(Context(graph, folder, options, tokenizer), OnnxGraph.LargestContext);
        if (tokenizer.Encode("").Length is var marks && marks >= ContextLength)
            throw new InputException($"{graph.Session.Path}: the model's files allow {ContextLength} tokens per text, but the "
                + $"tokenizer's begin and end tokens alone are {marks}; take all files from one model");
        (_output, _pooling) = Choose(graph, folder, options);
        (_prompt, _lowers) = (folder.Prompt, folder.LowerCase);

        // SigLIP was trained with padding as part of the text. Others must be told by a mask which tokens are padding, or, as CLIP,
        // look only back.
        _attendsAll = folder.ModelType.StartsWith("siglip", StringComparison.Ordinal);
        _trims = !_attendsAll && graph.ContextLength is null && (graph.Mask is not null || folder.ModelType == "clip");
        _tokensPerBatch = options.Provider == OnnxProvider.Cpu ? ProcessorTokens : GpuTokens;
        try
        {
            EmbedTexts(["a"], tokens: false, batch => Width = batch.Features.Width);
        }
        catch (UnusableFeaturesException failure)
        {
            throw failure.Of($"{graph.Session.Path}: output {_output.Name}: the text 'a'");
        }

        // A GPU reads beyond a table without a word.
        if (options.Provider == OnnxProvider.Cpu) CheckVocabulary(folder.Folder);
    }

    /// <inheritdoc/>
    public int Width { get; private set; }

    /// <summary>False: what a graph gives of words lies in no known space.</summary>
    public bool HasTextTokens => false;

    /// <summary>How many tokens of a text are read; what follows is cut.</summary>
    public int ContextLength { get; }

    /// <inheritdoc/>
    public void EmbedTexts(IReadOnlyList<string> texts, bool tokens, Action<EmbeddedBatch> write, int? batchSize = null,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(texts);
        ArgumentNullException.ThrowIfNull(write);
        if (tokens) throw new NotSupportedException(
            "An ONNX encoder gives features of whole texts, and none of words in the same space.");
        for (int start = 0; start < texts.Count; start += TextsPerRound)
        {
            int count = Math.Min(TextsPerRound, texts.Count - start), first = start;
            var round = _tokenizer.EncodeBatch([.. Enumerable.Range(first, count).Select(i => Prepared(texts[i]))], ContextLength);
            write(new EmbeddedBatch(start, Embed(round, batchSize, cancellation)));
        }
    }

    /// <summary>Lets go of the model.</summary>
    public void Dispose() => _graph.Session.Dispose();

    /// <summary>Features of texts that are tokens already; those of like length are computed together.</summary>
    internal Tensor Embed(TokenBatch round, int? batchSize, CancellationToken cancellation)
    {
        int[] order = [.. Enumerable.Range(0, round.Count)];
        if (_trims) order = [.. order.OrderBy(i => round.Lengths[i])];
        Tensor? features = null;
        for (int first = 0; first < order.Length;)
        {
            cancellation.ThrowIfCancellationRequested();
            int end = EndOfBatch(round, order, first, OnnxGraph.BatchOf(_graph.Ids) ?? batchSize);
            int[] rows = order[first..end];
            Run(round.Take(rows),
                (row, values) => values.CopyTo((features ??= new Tensor(round.Count, values.Length)).Span[(rows[row] * values.Length)..]));
            first = end;
        }

        return features!;
    }

    /// <summary>Refuses a tokenizer whose ids are not those of the graph's table, as far as the table's size tells.</summary>
    private void CheckVocabulary(string folder)
    {
        int size = _tokenizer.VocabularySize;
        if (size > MostSpareRows && !Takes(size - 1 - MostSpareRows))
            throw new InputException($"{folder}: the tokenizer has {size} tokens, far more than the table of {_graph.Session.Path}; take "
                + "all files from one model");
        if (Takes(size + MostSpareRows))
            throw new InputException($"{folder}: the tokenizer has {size} tokens, far fewer than the table of {_graph.Session.Path}; take "
                + "all files from one model");

        bool Takes(int id)
        {
            int[] ids = _tokenizer.Encode("a");
            ids[ids.Length / 2] = id;
            var text = new TokenBatch(1, ContextLength);
            text.Set(0, ids.AsSpan(0, Math.Min(ids.Length, ContextLength)), _tokenizer.PaddingId);
            try
            {
                Run(text, (_, _) => { });
                return true;
            }
            catch (InputException)
            {
                return false;
            }
        }
    }

    // As sentence-transformers does before it cuts a text into tokens.
    private string Prepared(string text) => _lowers ? LowercaseNormalizer.Lower(_prompt + text) : _prompt + text;

    private static int Context(OnnxGraph graph, OnnxModelFolder folder, OnnxOptions options, ITokenizer tokenizer)
    {
        if (graph.ContextLength is { } exact)
        {
            return options.ContextLength is null || options.ContextLength == exact ? exact
                : throw new InputException($"{graph.Session.Path}: it takes texts of exactly {exact} tokens, not {options.ContextLength}; "
                    + "do not set the context length");
        }

        int most = Math.Min(folder.Positions ?? int.MaxValue, folder.SequenceLength ?? tokenizer.ContextLength ?? int.MaxValue);
        if (most == int.MaxValue) most = UsualContext;
        return options.ContextLength is not { } wanted ? most
            : wanted <= (folder.Positions ?? int.MaxValue) ? wanted
            : throw new InputException(
                $"{folder.Folder}: the model has positions for {folder.Positions} tokens, not {wanted}; set a smaller context length");
    }

    private static (OnnxValueInfo Output, OnnxPooling Pooling) Choose(OnnxGraph graph, OnnxModelFolder folder, OnnxOptions options)
    {
        var pooling = options.Pooling;
        if (options.TextOutput is { } name)
        {
            var named = graph.Named(name);
            return (named, named.Shape.Length == 3 ? Tokens() : pooling);
        }

        if (pooling is OnnxPooling.Auto && graph.Output("text_embeds", "text_features", "sentence_embedding") is { } embeds)
            return (embeds, OnnxPooling.Auto);
        if (folder.ModelType is "clip" or "chinese_clip" && pooling is OnnxPooling.Auto)
            throw new InputException($"{graph.Session.Path}: it has no output text_embeds, so the projection into the image space is "
                + "missing; export it with the projection, or name the output that you want");
        if (pooling is OnnxPooling.Pooler
            || (pooling is OnnxPooling.Auto && folder.ModelType.StartsWith("siglip", StringComparison.Ordinal)))
            return (graph.Named("pooler_output"), OnnxPooling.Auto);
        if ((graph.Output("last_hidden_state", "token_embeddings") ?? graph.Only(3)) is { } tokens) return (tokens, Tokens());
        return (graph.Only(2) ?? throw graph.NoOutput("texts"), OnnxPooling.Auto);

        OnnxPooling Tokens()
        {
            if (pooling is not (OnnxPooling.Auto or OnnxPooling.Pooler)) return pooling;
            if (folder.LaterStep is { } step)
                throw new InputException($"{folder.Folder}: sentence-transformers adds the step \"{step}\", which is not supported; "
                    + "export the model with its output sentence_embedding, or set the pooling");
            if (graph.Session.Metadata("pooling") is { } said && Enum.TryParse(said, ignoreCase: true, out OnnxPooling kind)
                && kind is not (OnnxPooling.Auto or OnnxPooling.Pooler)) return kind;
            return folder.Pooling is not OnnxPooling.Auto ? folder.Pooling
                : throw new InputException($"{graph.Session.Path}: it gives token features, and no file says how to pool them "
                    + "(there is no 1_Pooling/config.json); set the pooling to mean, cls, last, max or pooler");
        }
    }

    private int EndOfBatch(TokenBatch round, int[] order, int first, int? size)
    {
        if (size is { } fixedSize) return Math.Min(order.Length, first + fixedSize);
        int end = first;

        // In order of length: the last one is the longest, and all are filled up to it.
        while (end < order.Length
            && (end == first || (end - first + 1) * (_trims ? round.Lengths[order[end]] : round.ContextLength) <= _tokensPerBatch)) end++;
        return end;
    }

    private void Run(TokenBatch texts, OnnxFeatures.RowWriter write)
    {
        if (_trims) texts = texts.Trim();
        int length = texts.ContextLength, rows = texts.Count;
        var spans = new (int First, int End)[rows];
        for (int i = 0; i < rows; i++)
            spans[i] = _attendsAll ? (0, length) : texts.PaddedLeft ? (length - texts.Lengths[i], length) : (0, texts.Lengths[i]);
        using var inputs = new OnnxInputs();
        OnnxTokens.Add(inputs, _graph, texts, _attendsAll);
        if (_graph.Pixels is { } pixels)
        {
            // A graph of images and texts also needs an image; its features are ignored.
            int side = Math.Max(pixels.Size(2), _imageSize), batch = OnnxGraph.BatchOf(pixels) ?? 1;
            if (3.0 * batch * side * side > OnnxGraph.MostPixels)
                throw new InputException(
                    $"{_graph.Session.Path}: it takes images of {side} x {side} beside a text, more than any encoder takes; export the "
                    + "encoder of texts alone");
            inputs.AddZeros(pixels, batch, 3, side, side);
        }

        string where = $"{_graph.Session.Path}: output {_output.Name}";
        _graph.Session.Run(inputs, _output.Name,
            (values, sizes) => OnnxFeatures.Read(values, sizes, _pooling, spans, rows, Width, write, where));
    }
}
