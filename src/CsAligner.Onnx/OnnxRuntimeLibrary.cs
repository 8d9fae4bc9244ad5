using CsAligner.Tensors;
using Microsoft.ML.OnnxRuntime;

namespace CsAligner.Onnx;

/// <summary>
/// The ONNX Runtime of this process, which comes with the package Microsoft.ML.OnnxRuntime; Microsoft.ML.OnnxRuntime.Gpu in its place
/// computes on an NVIDIA GPU.
/// </summary>
public static class OnnxRuntimeLibrary
{
    private const int LongestMessage = 300;

    private static readonly Lock Gate = new();

    /// <summary>"1.31.1" and the like.</summary>
    /// <exception cref="InputException">The application has no ONNX Runtime for this system.</exception>
    public static string Version => Start().GetVersionString();

    /// <summary>The providers available: "CPUExecutionProvider", "CUDAExecutionProvider" and others.</summary>
    /// <exception cref="InputException">The application has no ONNX Runtime for this system.</exception>
    public static IReadOnlyList<string> Providers => Start().GetAvailableProviders();

    /// <summary>The process's one environment of the runtime; the application's own, where it has made one.</summary>
    internal static OrtEnv Start()
    {
        try
        {
            lock (Gate)
            {
                if (OrtEnv.IsCreated) return OrtEnv.Instance();

                // Errors come as exceptions; the runtime's own printing to stderr would say them a second time.
                var options = new EnvironmentCreationOptions { logId = "csalign", logLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL };
                var environment = OrtEnv.CreateInstanceWithOptions(ref options);

                // Builds for Windows report home unless told not to.
                environment.DisableTelemetryEvents();
                return environment;
            }
        }
        catch (Exception e) when (Cause(e) is DllNotFoundException or BadImageFormatException or EntryPointNotFoundException)
        {
            throw new InputException(
                "ONNX models need ONNX Runtime, which this application does not have "
                    + $"for {System.Runtime.InteropServices.RuntimeInformation.RuntimeIdentifier}: "
                + "publish it for this system (-r), where the package Microsoft.ML.OnnxRuntime has a library for it",
                e);
        }
    }

    /// <summary>The runtime's message for a failure, in one line.</summary>
    internal static string Message(Exception failure)
    {
        string message = failure.Message.ReplaceLineEndings(" ").Trim();
        if (message.StartsWith("[ErrorCode:", StringComparison.Ordinal)
            && message.IndexOf(']', StringComparison.Ordinal) is > 0 and var end)
            message = message[(end + 1)..].TrimStart();
        return message.Length > LongestMessage ? message[..LongestMessage] + " …" : message;
    }

    // The first call of the package's own classes fails in their static constructors.
    private static Exception Cause(Exception failure) =>
        failure is TypeInitializationException { InnerException: { } inner } ? Cause(inner) : failure;
}
