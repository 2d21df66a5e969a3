"""The operator of a school's own cluster: keeps the workload running, shows what the school was told to run.

Lives here: gathering from agent, runtime and API server, what should be written, the process.
Does not: any part in serving. With this process or the API server gone, agent and serving go on.
"""
