using CsAligner.Tensors;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace CsAligner.Onnx;

/// <summary>A model and what its inputs are for, told by their names, types and shapes.</summary>
internal sealed class OnnxGraph
{
    private const string PixelName = "pixel_values", IdsName = "input_ids", MaskName = "attention_mask", TypesName = "token_type_ids",
        PositionsName = "position_ids";

    /// <summary>Tokens of a text; where files say more, fewer are read.</summary>
    public const int LargestContext = 32768;

    /// <summary>Values of all images that are computed together: sixteen of 1,000 x 1,000.</summary>
    public const long MostPixels = 1 << 26;

    // No encoder needs more; the bound keeps the inputs small.
    private const int LargestBatch = 4096;

    private OnnxGraph(OnnxSession session, OnnxOptions options)
    {
        Session = session;
        foreach (string name in new[] { options.ImageInput, options.TextInput }.OfType<string>())
            if (session.Inputs.All(input => input.Name != name))
                throw new InputException($"{session.Path}: there is no input '{name}'; {Declared}");
        foreach (var input in session.Inputs)
        {
            if (input.Name == options.ImageInput) Pixels = input;
            else if (input.Name == options.TextInput) Ids = input;
            else if (options.ImageInput is null
                && (input.Name == PixelName || (Pixels is null && input.Shape.Length == 4 && !input.IsInteger))) Pixels = input;
            else if (options.TextInput is null && input.Name == IdsName) Ids = input;
            else if (input.Name.Contains("mask", StringComparison.Ordinal)) Mask = input;
            else if (input.Name == TypesName) Types = input;
            else if (input.Name == PositionsName) Positions = input;
            else if (options.TextInput is null && Ids is null && input.IsInteger && input.Shape.Length == 2) Ids = input;
            else throw Unknown(input);
        }

        if (Pixels is null && Ids is null)
            throw new InputException($"{session.Path}: none of its inputs takes images or tokens; {Declared}");
        if (Pixels is { } pixels
            && (pixels.Shape.Length is not (0 or 4) || pixels.Type is not (TensorElementType.Float or TensorElementType.Float16)
                || pixels.Size(1) is not (3 or -1)))
            throw new InputException(
                $"{session.Path}: input {pixels} cannot take images; expected float32 or float16 [batch, 3, height, width]");
        foreach (var input in new[] { Ids, Mask, Types, Positions }.OfType<OnnxValueInfo>())
            if (!input.IsInteger || input.Shape.Length is not (0 or 2))
                throw new InputException($"{session.Path}: input {input} cannot take tokens; expected int64 or int32 [batch, tokens]");
        if (BatchOf(Pixels) > LargestBatch || BatchOf(Ids) > LargestBatch || ContextLength > LargestContext)
            throw new InputException($"{session.Path}: its inputs are larger than any encoder's ({Declared}); at "
                + $"most {LargestBatch} samples of {LargestContext} tokens are supported");
    }

    public OnnxSession Session { get; }

    public OnnxValueInfo? Pixels { get; }

    public OnnxValueInfo? Ids { get; }

    public OnnxValueInfo? Mask { get; }

    public OnnxValueInfo? Types { get; }

    public OnnxValueInfo? Positions { get; }

    /// <summary>The tokens of every row, where the graph fixes them.</summary>
    public int? ContextLength => Ids is { } ids && ids.Size(1) > 0 ? ids.Size(1) : null;

    /// <summary>"its inputs are …", for errors.</summary>
    public string Declared => $"its inputs are {List(Session.Inputs)}";

    /// <summary>Reads a model.</summary>
    /// <exception cref="InputException">It cannot be read, or its inputs are not those of an encoder.</exception>
    public static OnnxGraph Open(string path, OnnxOptions options)
    {
        var session = OnnxSession.Open(path, options);
        try
        {
            return new OnnxGraph(session, options);
        }
        catch
        {
            session.Dispose();
            throw;
        }
    }

    /// <summary>How many samples a run takes, where the graph fixes that.</summary>
    public static int? BatchOf(OnnxValueInfo? input) => input is not null && input.Size(0) > 0 ? input.Size(0) : null;

    /// <summary>The first output with one of these names; null if there is none.</summary>
    public OnnxValueInfo? Output(params ReadOnlySpan<string> names)
    {
        foreach (string name in names)
            if (Session.Outputs.FirstOrDefault(output => output.Name == name) is { } found) return found;
        return null;
    }

    /// <summary>The output that the caller named.</summary>
    /// <exception cref="InputException">There is no output of this name.</exception>
    public OnnxValueInfo Named(string name) =>
        Output(name) ?? throw new InputException($"{Session.Path}: there is no output '{name}'; its outputs are {List(Session.Outputs)}");

    /// <summary>The only floating-point output with this many dimensions; null if there is none or more than one.</summary>
    public OnnxValueInfo? Only(int rank)
    {
        OnnxValueInfo[] found = [.. Session.Outputs.Where(output => output.IsFloat && output.Shape.Length == rank)];
        return found.Length == 1 ? found[0] : null;
    }

    /// <summary>The failure of a graph whose outputs do not tell which of them is the feature.</summary>
    public InputException NoOutput(string what) =>
        new($"{Session.Path}: cannot tell which output has the features of {what}; its outputs are {List(Session.Outputs)}: name one, "
            + "and the pooling if its output is tokens");

    private static string List(IEnumerable<OnnxValueInfo> values) =>
        string.Join("; ", values.Take(8)) is { Length: > 0 } text ? text : "none";

    private InputException Unknown(OnnxValueInfo input) =>
        new($"{Session.Path}: input {input} is not an encoder input (images, token ids, attention mask, token types, positions); export "
            + "the encoder alone, or name its input");
}
