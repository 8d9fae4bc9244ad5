using System.Diagnostics;

namespace CsAligner.Benchmarks.Tokenizers;

/// <summary>A script of Node.</summary>
internal sealed class NodePeer(string script, params IReadOnlyList<string> arguments)
    : ScriptPeer(new ProcessStartInfo("node"), script, arguments, "install Node");
