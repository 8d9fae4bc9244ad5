using System.Runtime.InteropServices;
using CsAligner.Tensors;
using TensorPrimitives = System.Numerics.Tensors.TensorPrimitives;

namespace CsAligner.Onnx.Interop;

/// <summary>A model that the runtime has read. <see cref="Run"/> may be called by several threads at once.</summary>
internal sealed unsafe class OnnxSession : SafeHandle
{
    private readonly OnnxApi _api;

    private OnnxSession(OnnxApi api, nint session, string path)
        : base(0, ownsHandle: true)
    {
        (_api, Path) = (api, path);
        SetHandle(session);
        Inputs = api.Inputs(session);
        Outputs = api.Outputs(session);
    }

    /// <inheritdoc/>
    public override bool IsInvalid => handle == 0;

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
        var api = OnnxRuntimeLibrary.Load();
        nint options = api.CreateOptions(settings.Threads ?? Compute.Threads, settings.Spinning);
        try
        {
            if (settings.Provider == OnnxProvider.Cuda) UseCuda(api, options, settings.Device);
            return new OnnxSession(api, api.CreateSession(path, options), path);
        }
        catch (InputException failure) when (failure is not OnnxProviderException)
        {
            throw new InputException($"{path}: ONNX Runtime {api.Version} cannot read this model ({failure.Message}); download or export it again", failure);
        }
        finally
        {
            api.ReleaseOptions(options);
        }
    }

    /// <summary>An entry of the model's own metadata; null where it has none of that key.</summary>
    public string? Metadata(string key) => _api.Metadata(handle, key);

    /// <summary>Computes one output.</summary>
    /// <param name="inputs">A tensor for every input.</param>
    /// <param name="output">The output's name.</param>
    /// <param name="read">Reads it; half-precision and double values come as float32.</param>
    /// <exception cref="InputException">The runtime refuses or fails; the output holds no numbers.</exception>
    public void Run(ReadOnlySpan<OnnxInput> inputs, string output, OnnxReader read)
    {
        bool held = false;
        var names = new nint[inputs.Length + 1];
        var values = new nint[inputs.Length + 1];
        try
        {
            DangerousAddRef(ref held);
            Execute(inputs, output, names, values);
            Read(values[^1], output, read);
        }
        finally
        {
            foreach (nint value in values)
                if (value != 0) _api.ReleaseValue(value);
            foreach (nint name in names) Marshal.FreeCoTaskMem(name);
            if (held) DangerousRelease();
        }
    }

    /// <inheritdoc/>
    protected override bool ReleaseHandle()
    {
        _api.ReleaseSession(handle);
        return true;
    }

    // The last name and value are the output's.
    private void Execute(ReadOnlySpan<OnnxInput> inputs, string output, nint[] names, nint[] values)
    {
        try
        {
            for (int i = 0; i < inputs.Length; i++)
            {
                names[i] = Marshal.StringToCoTaskMemUTF8(inputs[i].Name);
                values[i] = _api.CreateTensor(inputs[i]);
            }

            names[^1] = Marshal.StringToCoTaskMemUTF8(output);
            fixed (nint* namesStart = names, valuesStart = values)
                values[^1] = _api.Run(handle, namesStart, valuesStart, inputs.Length, names[^1]);
        }
        catch (InputException failure)
        {
            throw new InputException($"{Path}: ONNX Runtime {_api.Version} cannot run this model ({failure.Message})", failure);
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
            if (start[..read].StartsWith("version https://git-lfs"u8)) throw new InputException($"{path}: this is a pointer of Git LFS, not the model itself; run 'git lfs pull' in its folder");
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"cannot read '{path}': {failure.Message}", failure);
        }
    }

    private static void UseCuda(OnnxApi api, nint options, int device)
    {
        string[] providers = api.AvailableProviders();
        if (!providers.Contains("CUDAExecutionProvider"))
            throw new OnnxProviderException($"the ONNX Runtime in use ({api.Version}, {api.Path}) has no CUDA provider (it has {string.Join(", ", providers)}); set {OnnxRuntimeLibrary.Variable} to the library of a GPU build, or compute on the processor");
        try
        {
            api.UseCuda(options, device);
        }
        catch (InputException failure)
        {
            throw new OnnxProviderException($"ONNX Runtime {api.Version} cannot use the GPU {device} ({failure.Message}); check the driver and CUDA's libraries, or compute on the processor");
        }
    }

    private void Read(nint value, string output, OnnxReader read)
    {
        var (type, shape, data) = _api.Tensor(value);
        long length = 1;
        foreach (long size in shape) length = checked(length * size);
        if (length > Array.MaxLength) throw new InputException($"{Path}: output {output} has {length} values, more than can be read; take smaller batches");
        int count = (int)length;
        switch (type)
        {
            case OnnxElementType.Float32:
                read(new ReadOnlySpan<float>((void*)data, count), shape);
                break;
            case OnnxElementType.Float16:
                var singles = new float[count];
                TensorPrimitives.ConvertToSingle(new ReadOnlySpan<Half>((void*)data, count), singles);
                read(singles, shape);
                break;
            case OnnxElementType.BFloat16:
                // The upper half of a float32.
                var widened = new float[count];
                for (int i = 0; i < count; i++) widened[i] = BitConverter.UInt32BitsToSingle((uint)((ushort*)data)[i] << 16);
                read(widened, shape);
                break;
            case OnnxElementType.Float64:
                var narrowed = new float[count];
                for (int i = 0; i < count; i++) narrowed[i] = (float)((double*)data)[i];
                read(narrowed, shape);
                break;
            default:
                throw new InputException($"{Path}: output {output} holds {(type == OnnxElementType.None ? "no tensor" : $"values of type {(int)type}")}; expected floating-point numbers: name another output");
        }
    }

    internal sealed class OnnxProviderException(string message) : InputException(message);
}
