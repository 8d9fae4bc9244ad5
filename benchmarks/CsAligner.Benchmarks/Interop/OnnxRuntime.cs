using System.Runtime.InteropServices;
using CsAligner.Data.Packages;
using CsAligner.Tensors;

namespace CsAligner.Benchmarks.Interop;

/// <summary>
/// ONNX Runtime's C interface, as much of it as runs a model with one float32 input and one output. The interface is a table
/// of functions whose order never changes; the numbers are places in it.
/// </summary>
internal sealed unsafe class OnnxRuntime : IDisposable
{
    private const string Package = "onnxruntime-node", Version = "1.30.0";
    private const string Integrity = "sha512-twhs1C2C/BFkz1yc5OY0KIU2GUq6DURO7hD4bx5Q2Qy3nAMJwRXW8xU3NVczE29VA9lolLOYepoD8fjTGOfIqw==";
    private const int ApiVersion = 20, WarningLevel = 2, EnableAll = 99, Float32 = 1, ArenaAllocator = 1, DefaultMemory = 0;

    private readonly nint* _api;
    private readonly nint _environment, _session, _memory;

    /// <summary>Loads a model, every graph optimisation on.</summary>
    /// <exception cref="InputException">The library cannot be had, or refuses the model.</exception>
    public OnnxRuntime(string model, int threads)
    {
        nint library = NativeLibrary.Load(LibraryPath());
        var getBase = (delegate* unmanaged<nint*>)NativeLibrary.GetExport(library, "OrtGetApiBase");
        nint* start = getBase();
        _api = ((delegate* unmanaged<uint, nint*>)start[0])(ApiVersion);
        Name = $"ONNX Runtime {Marshal.PtrToStringUTF8(((delegate* unmanaged<nint>)start[1])())}";
        _environment = Make((name, made) => ((delegate* unmanaged<int, byte*, nint*, nint>)_api[3])(WarningLevel, (byte*)name, (nint*)made), "csalign");
        nint options = Make((_, made) => ((delegate* unmanaged<nint*, nint>)_api[10])((nint*)made), "");
        Check(((delegate* unmanaged<nint, int, nint>)_api[23])(options, EnableAll));
        Check(((delegate* unmanaged<nint, int, nint>)_api[24])(options, threads));
        _session = Make((path, made) => ((delegate* unmanaged<nint, byte*, nint, nint*, nint>)_api[7])(_environment, (byte*)path, options, (nint*)made), model);
        ((delegate* unmanaged<nint, void>)_api[100])(options);
        _memory = Make((_, made) => ((delegate* unmanaged<int, int, nint*, nint>)_api[69])(ArenaAllocator, DefaultMemory, (nint*)made), "");
    }

    /// <summary>Name and version.</summary>
    public string Name { get; }

    /// <summary>Runs the model on the input and copies the output.</summary>
    public void Run(string inputName, Tensor input, string outputName, Span<float> output)
    {
        long[] shape = [.. input.Shape.ToArray().Select(size => (long)size)];
        byte* names0 = (byte*)Marshal.StringToCoTaskMemUTF8(inputName), names1 = (byte*)Marshal.StringToCoTaskMemUTF8(outputName);
        nint value = 0, result = 0;
        fixed (long* sizes = shape)
        {
            // The runtime reads the tensor's own memory, which does not move.
            Check(((delegate* unmanaged<nint, float*, nuint, long*, nuint, int, nint*, nint>)_api[49])(
                _memory, input.Pointer, (nuint)input.Length * sizeof(float), sizes, (nuint)shape.Length, Float32, &value));
        }

        Check(((delegate* unmanaged<nint, nint, byte**, nint*, nuint, byte**, nuint, nint*, nint>)_api[9])(
            _session, 0, &names0, &value, 1, &names1, 1, &result));
        float* data;
        Check(((delegate* unmanaged<nint, float**, nint>)_api[51])(result, &data));
        new ReadOnlySpan<float>(data, output.Length).CopyTo(output);
        var release = (delegate* unmanaged<nint, void>)_api[96];
        release(result);
        release(value);
        Marshal.FreeCoTaskMem((nint)names0);
        Marshal.FreeCoTaskMem((nint)names1);
    }

    public void Dispose()
    {
        ((delegate* unmanaged<nint, void>)_api[94])(_memory);
        ((delegate* unmanaged<nint, void>)_api[95])(_session);
        ((delegate* unmanaged<nint, void>)_api[92])(_environment);
    }

    private static string LibraryPath()
    {
        string folder = NpmPackages.EnsureAsync(Package, Version, Integrity, null, CancellationToken.None).GetAwaiter().GetResult();
        string platform = OperatingSystem.IsMacOS() ? "darwin" : "linux", file = OperatingSystem.IsMacOS() ? "libonnxruntime.1.dylib" : "libonnxruntime.so.1";
        string path = Path.Combine(folder, "bin", "napi-v6", platform, RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? "arm64" : "x64", file);
        return File.Exists(path) ? path : throw new InputException($"embed: {path} is not in {Package} {Version}; this benchmark runs on Linux and macOS, x64 or arm64.");
    }

    private nint Make(Func<nint, nint, nint> create, string text)
    {
        nint made = 0, memory = Marshal.StringToCoTaskMemUTF8(text);
        Check(create(memory, (nint)(&made)));
        Marshal.FreeCoTaskMem(memory);
        return made;
    }

    private void Check(nint status)
    {
        if (status == 0) return;
        string message = Marshal.PtrToStringUTF8(((delegate* unmanaged<nint, nint>)_api[2])(status)) ?? "no message";
        ((delegate* unmanaged<nint, void>)_api[93])(status);
        throw new InputException($"embed: {Name} says: {message}");
    }
}
