using CsAligner.Tensors;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using Tensor = CsAligner.Tensors.Tensor;

namespace CsAligner.Onnx.Unclip;

/// <summary>A graph of floating-point tensors with the inputs that the pipeline gives and one output.</summary>
internal sealed class UnClipGraph : IDisposable
{
    private readonly OnnxSession _session;
    private readonly string _output;

    private UnClipGraph(OnnxSession session, IReadOnlyCollection<string> inputs)
    {
        _session = session;
        foreach (string name in inputs)
        {
            if (Input(name) is null)
                throw new InputException($"{session.Path}: it has no input '{name}'; its inputs are {string.Join("; ", session.Inputs)}");
        }

        foreach (var input in session.Inputs)
        {
            if (!inputs.Contains(input.Name))
                throw new InputException($"{session.Path}: it wants an input {input} that the folder does not give; "
                    + "export the decoder again");
            if (input.Type is not (TensorElementType.Float or TensorElementType.Float16))
                throw new InputException($"{session.Path}: input {input} must be float32 or float16; export the decoder again");
        }

        if (session.Outputs.Count != 1)
            throw new InputException($"{session.Path}: it has {session.Outputs.Count} outputs, expected 1; export the decoder again");
        _output = session.Outputs[0].Name;
    }

    /// <summary>The file.</summary>
    public string Path => _session.Path;

    /// <summary>Reads a graph.</summary>
    public static UnClipGraph Open(string path, OnnxOptions options, params IReadOnlyCollection<string> inputs)
    {
        var session = WithinMemory(path, () => OnnxSession.Open(path, options));
        try
        {
            return new UnClipGraph(session, inputs);
        }
        catch
        {
            session.Dispose();
            throw;
        }
    }

    /// <summary>The last size of an input, or -1 where the graph leaves it open.</summary>
    public int WidthOf(string name) => Input(name) is { Shape: [.., var width] } ? width : -1;

    /// <summary>Runs it.</summary>
    /// <param name="inputs">Every input, by its name.</param>
    /// <param name="shape">The shape that the output must have; -1 where it is open.</param>
    public Tensor Run(IEnumerable<(string Name, Tensor Value)> inputs, params int[] shape) => WithinMemory(Path, () =>
    {
        using var given = new OnnxInputs();
        foreach (var (name, value) in inputs)
        {
            long[] sizes = new long[value.Rank];
            for (int i = 0; i < sizes.Length; i++) sizes[i] = value.Shape[i];
            given.Add(Input(name)!, value.Span, sizes);
        }

        Tensor? result = null;
        _session.Run(given, _output, (values, found) =>
        {
            bool fits = found.Length == shape.Length;
            for (int i = 0; fits && i < shape.Length; i++) fits = shape[i] < 0 || found[i] == shape[i];
            if (!fits)
                throw new InputException(
                    $"{Path}: output {_output} has the shape [{string.Join(", ", found.ToArray())}], expected "
                    + $"[{string.Join(", ", shape.Select(size => size < 0 ? "?" : $"{size}"))}]; export the decoder again");
            foreach (float value in values)
                if (!float.IsFinite(value))
                    throw new InputException($"{Path}: output {_output} holds {value}; export it in float32, or take lower guidance");
            int[] sizes = new int[found.Length];
            for (int i = 0; i < sizes.Length; i++) sizes[i] = (int)found[i];
            result = Tensor.From(values, sizes);
        });
        return result!;
    });

    public void Dispose() => _session.Dispose();

    private static T WithinMemory<T>(string path, Func<T> work)
    {
        try
        {
            return work();
        }
        catch (Exception failure) when (IsOutOfMemory(failure) || (failure is InputException && IsOutOfMemory(failure.InnerException)))
        {
            throw OutOfMemory(path, failure);
        }
    }

    private static bool IsOutOfMemory(Exception? failure) => failure is OutOfMemoryException
        || (failure is OnnxRuntimeException && (failure.Message.Contains("allocate memory", StringComparison.OrdinalIgnoreCase)
            || failure.Message.Contains("bad_alloc", StringComparison.Ordinal)
            || failure.Message.Contains("out of memory", StringComparison.OrdinalIgnoreCase)));

    private static InputException OutOfMemory(string path, Exception failure) =>
        new($"{path}: out of memory; close other programs, export with --float16, or use a machine with more memory", failure);

    private OnnxValueInfo? Input(string name) => _session.Inputs.FirstOrDefault(input => input.Name == name);
}
