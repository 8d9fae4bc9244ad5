using System.Globalization;
using System.Net;
using CsAligner.Tensors;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace CsAligner.Server.Configuration;

/// <summary>Where a server listens: <c>127.0.0.1:7860</c>, <c>localhost:0</c>, <c>[::1]:80</c>, <c>*:7860</c> for every address.</summary>
internal sealed record ListenAddress(IPAddress? Address, int Port)
{
    /// <summary>Whether only this machine reaches it.</summary>
    public bool IsLoopback => Address is not null && IPAddress.IsLoopback(Address);

    public static ListenAddress Parse(string text)
    {
        int colon = text.LastIndexOf(':');
        string host = colon < 0 ? "" : text[..colon];
        if (host.Length == 0 || !ushort.TryParse(text[(colon + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out ushort port))
            throw Wrong();
        if (host == "*") return new ListenAddress(null, port);
        if (host.Equals("localhost", StringComparison.OrdinalIgnoreCase)) return new ListenAddress(IPAddress.Loopback, port);
        bool bracketed = host.StartsWith('[') && host.EndsWith(']');
        if (host.Contains(':', StringComparison.Ordinal) != bracketed) throw Wrong();
        return IPAddress.TryParse(host.Trim('[', ']'), out IPAddress? address) ? new ListenAddress(address, port) : throw Wrong();

        InputException Wrong() => new($"Listen: expected ADDRESS:PORT, such as 127.0.0.1:7860, [::1]:7860 or *:7860, got '{text}'");
    }

    public void Apply(KestrelServerOptions kestrel)
    {
        if (Address is null) kestrel.ListenAnyIP(Port);
        else kestrel.Listen(Address, Port);
    }
}
