using System.Runtime.InteropServices;
using CsAligner.Tensors;

namespace CsAligner.Onnx.Interop;

/// <summary>
/// ONNX Runtime's C interface, as much of it as runs a model. The interface is a table of functions whose order never changes; the
/// numbers are places in it (onnxruntime_c_api.h, struct OrtApi). Nearly all give a status: 0, or an error that must be released.
/// </summary>
internal sealed unsafe class OnnxApi
{
    // The oldest table that has all places used here.
    private const uint TableVersion = 14;

    // Errors come back as a status; the runtime's own printing to stderr would say them a second time.
    private const int FatalLevel = 4;

    private const int EnableAll = 99, ArenaAllocator = 1, DefaultMemory = 0;

    private readonly nint* _table;

    private OnnxApi(nint* table, string version, string path)
    {
        _table = table;
        (Version, Path) = (version, path);
        fixed (byte* name = "csalign\0"u8)
        {
            nint made;
            Check(((delegate* unmanaged<int, byte*, nint*, nint>)_table[3])(FatalLevel, name, &made));
            Environment = made;
        }

        // Builds for Windows report home unless told not to.
        Check(((delegate* unmanaged<nint, nint>)_table[6])(Environment));
        nint memory, allocator;
        Check(((delegate* unmanaged<int, int, nint*, nint>)_table[69])(ArenaAllocator, DefaultMemory, &memory));
        Check(((delegate* unmanaged<nint*, nint>)_table[78])(&allocator));
        (Memory, Allocator) = (memory, allocator);
    }

    /// <summary>"1.30.0" and the like.</summary>
    public string Version { get; }

    /// <summary>The library's file or name.</summary>
    public string Path { get; }

    /// <summary>One for the process; it is never released.</summary>
    public nint Environment { get; }

    private nint Memory { get; }

    private nint Allocator { get; }

    /// <summary>The interface of a loaded library; null where it is no ONNX Runtime, or one that is too old.</summary>
    public static OnnxApi? Of(nint library, string path)
    {
        if (!NativeLibrary.TryGetExport(library, "OrtGetApiBase", out nint address)) return null;
        nint* start = ((delegate* unmanaged<nint*>)address)();
        var table = (nint*)((delegate* unmanaged<uint, nint>)start[0])(TableVersion);
        return table == null ? null : new OnnxApi(table, Marshal.PtrToStringUTF8(((delegate* unmanaged<nint>)start[1])()) ?? "", path);
    }

    public string[] AvailableProviders()
    {
        nint* names;
        int count;
        Check(((delegate* unmanaged<nint**, int*, nint>)_table[125])(&names, &count));
        var result = new string[count];
        for (int i = 0; i < count; i++) result[i] = Text(names[i]);
        Check(((delegate* unmanaged<nint*, int, nint>)_table[126])(names, count));
        return result;
    }

    public nint CreateOptions(int threads, bool spinning)
    {
        nint options;
        Check(((delegate* unmanaged<nint*, nint>)_table[10])(&options));
        Check(((delegate* unmanaged<nint, int, nint>)_table[23])(options, EnableAll));
        Check(((delegate* unmanaged<nint, int, nint>)_table[24])(options, threads));
        Check(((delegate* unmanaged<nint, int, nint>)_table[25])(options, 1));
        if (!spinning)
        {
            fixed (byte* key = "session.intra_op.allow_spinning\0"u8, value = "0\0"u8)
                Check(((delegate* unmanaged<nint, byte*, byte*, nint>)_table[130])(options, key, value));
        }

        return options;
    }

    public void UseCuda(nint options, int device)
    {
        var settings = new CudaOptions { Device = device, MemoryLimit = nuint.MaxValue, CopyInDefaultStream = 1 };
        Check(((delegate* unmanaged<nint, CudaOptions*, nint>)_table[152])(options, &settings));
    }

    public nint CreateSession(string path, nint options)
    {
        nint text = OperatingSystem.IsWindows() ? Marshal.StringToCoTaskMemUni(path) : Marshal.StringToCoTaskMemUTF8(path);
        try
        {
            nint session;
            Check(((delegate* unmanaged<nint, nint, nint, nint*, nint>)_table[7])(Environment, text, options, &session));
            return session;
        }
        finally
        {
            Marshal.FreeCoTaskMem(text);
        }
    }

    public OnnxValueInfo[] Inputs(nint session) => Values(session, 30, 33, 36);

    public OnnxValueInfo[] Outputs(nint session) => Values(session, 31, 34, 37);

    /// <summary>An entry of the model's own metadata; null where it has none of that key.</summary>
    public string? Metadata(nint session, string key)
    {
        nint metadata, value = 0, text = Marshal.StringToCoTaskMemUTF8(key);
        try
        {
            Check(((delegate* unmanaged<nint, nint*, nint>)_table[111])(session, &metadata));
            nint status = ((delegate* unmanaged<nint, nint, nint, nint*, nint>)_table[116])(metadata, Allocator, text, &value);
            ((delegate* unmanaged<nint, void>)_table[118])(metadata);
            Check(status);
            return value == 0 ? null : Take(value);
        }
        finally
        {
            Marshal.FreeCoTaskMem(text);
        }
    }

    public nint CreateTensor(in OnnxInput input)
    {
        nint value;
        fixed (long* shape = input.Shape)
            Check(((delegate* unmanaged<nint, void*, nuint, long*, nuint, int, nint*, nint>)_table[49])(Memory, input.Data, input.Bytes, shape, (nuint)input.Shape.Length, (int)input.Type, &value));
        return value;
    }

    public nint Run(nint session, nint* inputNames, nint* inputs, int count, nint outputName)
    {
        nint result = 0;
        Check(((delegate* unmanaged<nint, nint, nint*, nint*, nuint, nint*, nuint, nint*, nint>)_table[9])(session, 0, inputNames, inputs, (nuint)count, &outputName, 1, &result));
        return result;
    }

    /// <summary>Type, sizes and memory of a tensor; None where the value is none.</summary>
    public (OnnxElementType Type, long[] Shape, nint Data) Tensor(nint value)
    {
        int isTensor;
        Check(((delegate* unmanaged<nint, int*, nint>)_table[50])(value, &isTensor));
        if (isTensor == 0) return (OnnxElementType.None, [], 0);
        nint info, data;
        Check(((delegate* unmanaged<nint, nint*, nint>)_table[65])(value, &info));
        var (type, shape) = TypeAndShape(info);
        ((delegate* unmanaged<nint, void>)_table[99])(info);
        Check(((delegate* unmanaged<nint, nint*, nint>)_table[51])(value, &data));
        return (type, shape, data);
    }

    public void ReleaseSession(nint session) => ((delegate* unmanaged<nint, void>)_table[95])(session);

    public void ReleaseOptions(nint options) => ((delegate* unmanaged<nint, void>)_table[100])(options);

    public void ReleaseValue(nint value) => ((delegate* unmanaged<nint, void>)_table[96])(value);

    private OnnxValueInfo[] Values(nint session, int countPlace, int typePlace, int namePlace)
    {
        nuint count;
        Check(((delegate* unmanaged<nint, nuint*, nint>)_table[countPlace])(session, &count));
        var values = new OnnxValueInfo[checked((int)count)];
        for (int i = 0; i < values.Length; i++)
        {
            nint name, info, tensor;
            Check(((delegate* unmanaged<nint, nuint, nint, nint*, nint>)_table[namePlace])(session, (nuint)i, Allocator, &name));
            string text = Take(name);
            Check(((delegate* unmanaged<nint, nuint, nint*, nint>)_table[typePlace])(session, (nuint)i, &info));
            Check(((delegate* unmanaged<nint, nint*, nint>)_table[55])(info, &tensor));

            // What the cast gives belongs to the type.
            var (type, shape) = tensor == 0 ? (OnnxElementType.None, []) : TypeAndShape(tensor);
            ((delegate* unmanaged<nint, void>)_table[98])(info);
            values[i] = new OnnxValueInfo(text, type, shape);
        }

        return values;
    }

    private (OnnxElementType Type, long[] Shape) TypeAndShape(nint info)
    {
        int type;
        nuint rank;
        Check(((delegate* unmanaged<nint, int*, nint>)_table[60])(info, &type));
        Check(((delegate* unmanaged<nint, nuint*, nint>)_table[61])(info, &rank));
        var shape = new long[checked((int)rank)];
        fixed (long* sizes = shape) Check(((delegate* unmanaged<nint, long*, nuint, nint>)_table[62])(info, sizes, rank));
        return ((OnnxElementType)type, shape);
    }

    private string Take(nint text)
    {
        string result = Text(text);
        Check(((delegate* unmanaged<nint, nint, nint>)_table[76])(Allocator, text));
        return result;
    }

    private static string Text(nint text) => Marshal.PtrToStringUTF8(text) ?? "";

    private void Check(nint status)
    {
        if (status == 0) return;
        string message = Text(((delegate* unmanaged<nint, nint>)_table[2])(status)).ReplaceLineEndings(" ").Trim();
        ((delegate* unmanaged<nint, void>)_table[93])(status);
        throw new InputException(message.Length > 300 ? message[..300] + " …" : message);
    }

    /// <summary>OrtCUDAProviderOptions; what is 0 is the runtime's default.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct CudaOptions
    {
        public int Device;
        public int ConvolutionSearch;
        public nuint MemoryLimit;
        public int ArenaStrategy;
        public int CopyInDefaultStream;
        public int HasStream;
        public nint Stream;
        public nint Arena;
        public int Tunable;
        public int TunableTuning;
        public int TunableMilliseconds;
    }
}
