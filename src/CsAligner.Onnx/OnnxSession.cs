using System.Runtime.InteropServices;
using CsAligner.Tensors;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using TensorPrimitives = System.Numerics.Tensors.TensorPrimitives;

namespace CsAligner.Onnx;

/// <summary>A model that the runtime has read. <see cref="Run"/> may be called by several threads at once.</summary>
internal sealed class OnnxSession : IDisposable
{
    private readonly InferenceSession _session;

    private OnnxSession(InferenceSession session, string path)
    {
        (_session, Path) = (session, path);
        Inputs = [.. session.InputNames.Select(name => OnnxValueInfo.Of(name, session.InputMetadata[name]))];
        Outputs = [.. session.OutputNames.Select(name => OnnxValueInfo.Of(name, session.OutputMetadata[name]))];
    }

    /// <summary>The model's file.</summary>
    public string Path { get; }

    public IReadOnlyList<OnnxValueInfo> Inputs { get; }

    public IReadOnlyList<OnnxValueInfo> Outputs { get; }

    /// <summary>Reads a model, every graph optimisation on.</summary>
    /// <param name="path">The file; weights may lie in files beside it.</param>
    /// <param name="settings">Threads and provider.</param>
    /// <exception cref="InputException">No ONNX Runtime, no such file, or the runtime refuses it.</exception>
    public static OnnxSession Open(string path, OnnxOptions settings)
    {
        CheckFile(path);
        OnnxFileCheck.Run(path);
        var environment = OnnxRuntimeLibrary.Start();
        using var options = new SessionOptions
        {
            GraphOptimizationLevel = GraphOptimizationLevel.ORT_ENABLE_ALL,
            IntraOpNumThreads = settings.Threads ?? Compute.Threads,
            InterOpNumThreads = 1,
        };
        if (!settings.Spinning) options.AddSessionConfigEntry("session.intra_op.allow_spinning", "0");
        if (settings.Provider == OnnxProvider.Cuda) UseCuda(environment, options, settings.Device);
        InferenceSession? session = null;
        try
        {
            session = new InferenceSession(path, options);
            return new OnnxSession(session, path);
        }
        catch (Exception failure) when (failure is OnnxRuntimeException or ArgumentException or NotSupportedException or OverflowException)
        {
            session?.Dispose();
            throw new InputException(
                $"{path}: ONNX Runtime {environment.GetVersionString()} cannot read this model ({OnnxRuntimeLibrary.Message(failure)}); "
                + "download or export it again", failure);
        }
    }

    /// <summary>An entry of the model's own metadata; null if it has none of that key.</summary>
    public string? Metadata(string key) => _session.ModelMetadata.CustomMetadataMap.GetValueOrDefault(key);

    /// <summary>Computes one output.</summary>
    /// <param name="inputs">A tensor for every input.</param>
    /// <param name="output">The output's name.</param>
    /// <param name="read">Reads it; half-precision and double values come as float32.</param>
    /// <exception cref="InputException">The runtime refuses or fails; the output holds no numbers.</exception>
    public void Run(OnnxInputs inputs, string output, OnnxReader read)
    {
        using var outputs = Execute(inputs, output);
        Read(outputs[0], output, read);
    }

    public void Dispose() => _session.Dispose();

    private IDisposableReadOnlyCollection<OrtValue> Execute(OnnxInputs inputs, string output)
    {
        try
        {
            using var options = new RunOptions();
            return _session.Run(options, inputs.Names, inputs.Values, [output]);
        }
        catch (OnnxRuntimeException failure)
        {
            throw new InputException(
                $"{Path}: ONNX Runtime {OnnxRuntimeLibrary.Version} cannot run this model "
                + $"({OnnxRuntimeLibrary.Message(failure)})", failure);
        }
    }

    private static void CheckFile(string path)
    {
        if (!File.Exists(path)) throw new InputException($"{path}: no such file; expected a model in ONNX format");
        try
        {
            using var file = File.OpenRead(path);
            Span<byte> start = stackalloc byte[24];
            int read = file.ReadAtLeast(start, start.Length, throwOnEndOfStream: false);
            if (read == 0) throw new InputException($"{path}: the file is empty; download it again");
            if (start[..read].StartsWith("version https://git-lfs"u8))
                throw new InputException($"{path}: this is a Git LFS pointer, not the model itself; run 'git lfs pull' in its folder");
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"cannot read '{path}': {failure.Message}", failure);
        }
    }

    private static void UseCuda(OrtEnv environment, SessionOptions options, int device)
    {
        string version = environment.GetVersionString();
        string[] providers = environment.GetAvailableProviders();
        if (!providers.Contains("CUDAExecutionProvider"))
        {
            throw new InputException(
                $"the ONNX Runtime in use ({version}) has no CUDA provider (it has {string.Join(", ", providers)}); "
                + "build with the package Microsoft.ML.OnnxRuntime.Gpu in place of Microsoft.ML.OnnxRuntime, or compute on the CPU");
        }

        try
        {
            options.AppendExecutionProvider_CUDA(device);
        }
        catch (Exception failure) when (failure is OnnxRuntimeException or EntryPointNotFoundException or DllNotFoundException)
        {
            throw new InputException(
                $"ONNX Runtime {version} cannot use the GPU {device} ({OnnxRuntimeLibrary.Message(failure)}); check the driver and CUDA's "
                + "libraries, or compute on the CPU", failure);
        }
    }

    private void Read(OrtValue value, string output, OnnxReader read)
    {
        if (!value.IsTensor) throw NoNumbers(output, "no tensor");
        var info = value.GetTensorTypeAndShape();
        if (info.ElementCount > Array.MaxLength)
            throw new InputException(
                $"{Path}: output {output} has {info.ElementCount} values, more than can be read; use smaller batches");
        if (info.ElementDataType == TensorElementType.Float)
        {
            read(value.GetTensorDataAsSpan<float>(), info.Shape);
            return;
        }

        var singles = new float[info.ElementCount];
        switch (info.ElementDataType)
        {
            case TensorElementType.Float16:
                TensorPrimitives.ConvertToSingle(MemoryMarshal.Cast<Float16, Half>(value.GetTensorDataAsSpan<Float16>()), singles);
                break;
            case TensorElementType.BFloat16:
                // The upper half of a float32.
                var halves = MemoryMarshal.Cast<BFloat16, ushort>(value.GetTensorDataAsSpan<BFloat16>());
                for (int i = 0; i < singles.Length; i++) singles[i] = BitConverter.UInt32BitsToSingle((uint)halves[i] << 16);
                break;
            case TensorElementType.Double:
                TensorPrimitives.ConvertTruncating(value.GetTensorDataAsSpan<double>(), singles);
                break;
            default:
                throw NoNumbers(output, $"values of type {OnnxValueInfo.NameOf(info.ElementDataType)}");
        }

        read(singles, info.Shape);
    }

    private InputException NoNumbers(string output, string what) =>
        new($"{Path}: output {output} holds {what}; expected floating-point numbers: name another output");
}
