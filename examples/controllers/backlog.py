#!/usr/bin/env python3
"""A small autoscaler for ECS on EC2, hosted by `berth simulate SCENARIO --serve`.

    npx berth simulate examples/scenarios/daily-curve.yml --serve --port 4566 --control-port 4567 &
    AWS_ENDPOINT_URL=http://127.0.0.1:4566 python3 examples/controllers/backlog.py http://127.0.0.1:4567

Once a minute it divides the CPU units and the MiB that the services' tasks need by what an instance registers, sets
the first group's desired capacity to that, and terminates instances that have been without a task for five minutes. It
speaks to AWS through boto3 only, so it would run unchanged against an account, with time.sleep in place of advance.
"""

import json
import math
import sys
import urllib.request

import boto3

control = sys.argv[1].rstrip("/")
options = {
    "region_name": "eu-west-1",
    "aws_access_key_id": "local",
    "aws_secret_access_key": "local",
}
ecs = boto3.client("ecs", **options)
autoscaling = boto3.client("autoscaling", **options)
EMPTY_FOR_MINUTES = 5


def post(path, body):
    request = urllib.request.Request(
        control + path, json.dumps(body).encode(), {"content-type": "application/json"}
    )
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


def pages(client, operation, key, **arguments):
    for page in client.get_paginator(operation).paginate(**arguments):
        yield from page[key]


def chunks(items, size):
    items = list(items)
    return (items[at : at + size] for at in range(0, len(items), size))


def needs_of(cluster, sizes):
    """CPU units and MiB of every task the services want, by what one task of each takes."""
    cpu = memory = 0
    arns = pages(ecs, "list_services", "serviceArns", cluster=cluster)
    for chunk in chunks(arns, 10):
        for service in ecs.describe_services(cluster=cluster, services=chunk)["services"]:
            if service["schedulingStrategy"] != "REPLICA":
                continue
            definition = service["taskDefinition"]
            if definition not in sizes:
                task = ecs.describe_task_definition(taskDefinition=definition)["taskDefinition"]
                of = task["containerDefinitions"]
                sizes[definition] = (
                    int(task.get("cpu") or sum(it.get("cpu", 0) for it in of)),
                    int(task.get("memory") or sum(it.get("memoryReservation") or it["memory"] for it in of)),
                )
            cpu += sizes[definition][0] * service["desiredCount"]
            memory += sizes[definition][1] * service["desiredCount"]
    return cpu, memory


def instances_of(cluster):
    arns = pages(ecs, "list_container_instances", "containerInstanceArns", cluster=cluster)
    for chunk in chunks(arns, 100):
        yield from ecs.describe_container_instances(cluster=cluster, containerInstances=chunk)["containerInstances"]


def registered(instance, name):
    return next(it["integerValue"] for it in instance["registeredResources"] if it["name"] == name)


def main():
    cluster = ecs.list_clusters()["clusterArns"][0]
    sizes, empty_for = {}, {}
    group = next(pages(autoscaling, "describe_auto_scaling_groups", "AutoScalingGroups"))["AutoScalingGroupName"]
    while not post("/advance", {"seconds": 60})["over"]:
        found = list(instances_of(cluster))
        state = autoscaling.describe_auto_scaling_groups(AutoScalingGroupNames=[group])["AutoScalingGroups"][0]
        if not found:
            if state["DesiredCapacity"] == 0:
                autoscaling.set_desired_capacity(AutoScalingGroupName=group, DesiredCapacity=1)
            continue
        cpu, memory = needs_of(cluster, sizes)
        one = found[0]
        wanted = max(math.ceil(cpu / registered(one, "CPU")), math.ceil(memory / registered(one, "MEMORY")))
        wanted = min(max(wanted, state["MinSize"]), state["MaxSize"])
        if wanted > state["DesiredCapacity"]:
            autoscaling.set_desired_capacity(AutoScalingGroupName=group, DesiredCapacity=wanted)
            continue
        for it in found:
            idle = it["runningTasksCount"] + it["pendingTasksCount"] == 0
            empty_for[it["ec2InstanceId"]] = empty_for.get(it["ec2InstanceId"], 0) + 1 if idle else 0
        spare = state["DesiredCapacity"] - wanted
        for it in [it for it in found if empty_for[it["ec2InstanceId"]] >= EMPTY_FOR_MINUTES][:spare]:
            autoscaling.terminate_instance_in_auto_scaling_group(
                InstanceId=it["ec2InstanceId"], ShouldDecrementDesiredCapacity=True
            )
    post("/end", {})


main()
