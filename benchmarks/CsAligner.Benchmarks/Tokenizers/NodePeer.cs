using System.Diagnostics;

namespace CsAligner.Benchmarks.Tokenizers;

/// <summary>A script of Node.</summary>
internal sealed class NodePeer(string script, params IReadOnlyList<string> arguments)
    : Peer(Script(new ProcessStartInfo("node"), script, arguments), script, "install Node");
