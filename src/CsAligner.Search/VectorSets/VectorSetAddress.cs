using CsAligner.Tensors;
using StackExchange.Redis;

namespace CsAligner.Search.VectorSets;

/// <summary>
/// Where servers are: <c>redis://user:password@host:port,host:port/prefix</c> (<c>rediss://</c> for TLS), or a configuration of
/// StackExchange.Redis.
/// </summary>
internal sealed class VectorSetAddress
{
    private VectorSetAddress(ConfigurationOptions configuration, string? prefix) => (Configuration, Prefix) = (configuration, prefix);

    public ConfigurationOptions Configuration { get; }

    public string? Prefix { get; }

    /// <summary>Without user and password, for messages.</summary>
    public string Shown => $"the vector sets at {string.Join(", ", Configuration.EndPoints.Select(EndPointCollection.ToString))}";

    public static VectorSetAddress Parse(string text)
    {
        try
        {
            bool secure = text.StartsWith("rediss://", StringComparison.Ordinal);
            VectorSetAddress address = secure || text.StartsWith("redis://", StringComparison.Ordinal)
                ? OfUri(text[(text.IndexOf("://", StringComparison.Ordinal) + 3)..], secure)
                : new VectorSetAddress(ConfigurationOptions.Parse(text), null);
            if (address.Configuration.EndPoints.Count == 0) throw new FormatException("no host");
            return address;
        }
        catch (Exception failure) when (failure is ArgumentException or FormatException)
        {
            // The text may hold a password: it is not repeated.
            throw new InputException(
                "the address of Redis or Garnet cannot be read; expected redis://user:password@host:port,host:port/prefix", failure);
        }
    }

    private static VectorSetAddress OfUri(string text, bool secure)
    {
        var configuration = new ConfigurationOptions { Ssl = secure };
        int at = text.LastIndexOf('@');
        if (at >= 0)
        {
            string[] user = text[..at].Split(':', 2);
            if (user.Length > 1 && user[0].Length > 0) configuration.User = Uri.UnescapeDataString(user[0]);
            configuration.Password = Uri.UnescapeDataString(user[^1]);
            text = text[(at + 1)..];
        }

        string[] parts = text.Split('/', 2);
        foreach (string host in parts[0].Split(',', StringSplitOptions.RemoveEmptyEntries)) configuration.EndPoints.Add(host);
        return new VectorSetAddress(configuration, parts.Length > 1 && parts[1].Length > 0 ? Uri.UnescapeDataString(parts[1]) : null);
    }
}
